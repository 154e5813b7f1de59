package io.alignstream.languagemodel.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Mathematics as TorchScript text, compiled by libtorch when it is first run: no Python, no pickled weights.
 *
 * <p>The text is the methods of one class, indented by two blanks; they call each other with {@code self.NAME} and the
 * operators that are always there. Arguments are matched by their order; arrays called {@code w.NAME} one after the other
 * are one {@code Dict[str, Tensor]}, arrays called {@code x[]} one {@code List[Tensor]}. Thread-safe.
 *
 * <p>An argument is data or a setting. Data lie on the device that computes; a method makes tensors on the device of some
 * data ({@code device=x.device}) and never reads data with {@code int}, {@code float} or {@code bool}: the processor would
 * wait for the card. Settings are small arrays of the processor ({@link TorchRuntime#settings}) that are read so and used
 * for nothing else: what stands in {@link #SETTINGS}, and the scale of adapters.
 *
 * <p>libtorch loads an archive of four stored entries: a pickle that makes the empty module, its source, an empty constants table
 * and the format version.
 */
public final class TorchProgram {

    /** Names of parameters that are settings, in every method that has one. */
    static final Set<String> SETTINGS = Set.of(
            "size",
            "eps",
            "dtype",
            "lowest",
            "computing",
            "temperature",
            "settings",
            "factor",
            "adam",
            "groups",
            "index",
            "limits",
            "lengths",
            "which");

    /** Told of each call before it runs, where somebody listens. */
    static final ScopedValue<Listener> LISTENER = ScopedValue.newInstance();

    private static final String CLASS = "Program";

    private final boolean whole;
    private final String methods;
    private @Nullable PtSymbolBlock compiled;

    /** What hears of calls. */
    @FunctionalInterface
    interface Listener {
        void called(TorchProgram program, String method, NDList arguments);
    }

    /** The program of the operators and of {@code methods}, which are put one after the other. */
    public TorchProgram(String... methods) {
        this(false, String.join("\n", methods));
    }

    private TorchProgram(boolean whole, String methods) {
        this.whole = whole;
        this.methods = methods;
    }

    /** The program of {@code text}, which holds the operators, too. */
    static TorchProgram ofWhole(String text) {
        return new TorchProgram(true, text);
    }

    /**
     * Text that lies beside a class.
     *
     * @throws IllegalStateException if there is none by that name
     */
    public static String resource(Class<?> owner, String name) {
        try (InputStream text = owner.getResourceAsStream(name)) {
            if (text == null) {
                throw new IllegalStateException("resource " + name + " beside " + owner + " is missing");
            }
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }

    /** Text that lies beside a class: {@code NAME-fused.torchscript} where the fused operators are, else {@code NAME.torchscript}. */
    public static String operators(Class<?> owner, String name) {
        return resource(owner, name + (Operators.fused() ? "-fused" : "") + ".torchscript");
    }

    /** Whether the fused operators are there. */
    public static boolean hasFusedOperators() {
        return Operators.fused();
    }

    /** Runs {@code method}; its results live in {@code scope}, also those of several in one list or dictionary. */
    public NDList run(NDManager scope, String method, NDList arguments) {
        if (LISTENER.isBound()) {
            LISTENER.get().called(this, method, arguments);
        }
        NDArray name = TorchRuntime.settings(scope).create(0f);
        name.setName("module_method:" + method);
        arguments.add(name);
        NDList result = compiled().forward(new ParameterStore(scope, false), arguments, true);
        result.attach(scope);
        return result;
    }

    /** The whole text. */
    String text() {
        return whole ? methods : Operators.text() + methods;
    }

    private synchronized PtSymbolBlock compiled() {
        if (compiled == null) {
            PtNDManager root = TorchRuntime.get().root();
            try {
                compiled = JniUtils.loadModule(root, new ByteArrayInputStream(archive(text())), false, false);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot make the archive of a program", e);
            }
        }
        return compiled;
    }

    private static byte[] archive(String methods) throws IOException {
        String source = "class " + CLASS + "(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
                + methods;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "program/data.pkl", emptyModulePickle());
            store(zip, "program/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            store(zip, "program/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            store(zip, "program/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    /** Pickle protocol 2: class, empty tuple, NEWOBJ, empty dict, mark, "training", True, SETITEMS, BUILD, STOP. */
    private static byte[] emptyModulePickle() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2});
        pickle.write(("c__torch__\n" + CLASS + "\n").getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
        pickle.write("training".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {(byte) 0x88, 'u', 'b', '.'});
        return pickle.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
