package io.alignstream.languagemodel.collective;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The optional library of collectives, named by system property {@value #PROPERTY} or environment variable {@value #VARIABLE}.
 *
 * <p>It is loaded when it is first used. Its sums do not depend on how it was built, so no fingerprint names it. Thread-safe.
 */
public final class CollectiveLibrary {

    static final String PROPERTY = "alignstream.torch.collective";
    static final String VARIABLE = "ALIGNSTREAM_TORCH_COLLECTIVE";

    private static final String BUILD = "libs/language-model/src/main/cpp/collective/build.sh";

    /** Of the operators that this program calls; {@code library.cpp} has the same. */
    private static final long VERSION = 1;

    private static final String ASKING =
            """
              def version(self, unused: Tensor) -> Tensor:
                return torch.tensor(ops.alignstream_collective.version())
            """;

    /** What libtorch says last of a failure, after its own traceback. */
    private static final Pattern REASON = Pattern.compile("(?:RuntimeError|Error): (.*)", Pattern.DOTALL);

    private static @Nullable TorchProgram program;

    private CollectiveLibrary() {}

    /**
     * Whether this process has been given the library.
     *
     * @throws IllegalStateException if it was given a file that does not exist
     */
    public static boolean isThere() {
        return configured().isPresent();
    }

    /**
     * Loads libtorch and the library, once: about a second.
     *
     * @throws IllegalStateException if there is no library, or it does not load
     */
    static void load() {
        program();
    }

    /**
     * Runs a method of the library's program; its result lives in {@code scope}.
     *
     * @throws IllegalStateException if there is no library, or it does not load
     * @throws CollectiveException beginning with {@code what}, if the method fails
     */
    static NDArray call(NDManager scope, String what, String method, NDArray... arguments) {
        TorchProgram program = program();
        try {
            return program.run(scope, method, new NDList(arguments)).singletonOrThrow();
        } catch (EngineException e) {
            throw new CollectiveException(what + ": " + reason(e), e);
        }
    }

    /** Runs a method on a number for what it does. */
    static void call(String what, String method, long number) {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            call(scope, what, method, TorchRuntime.settings(scope).create(number));
        }
    }

    static NDArray text(NDManager scope, String text) {
        return scope.create(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String reason(EngineException e) {
        String text = String.valueOf(e.getMessage());
        Matcher reason = REASON.matcher(text);
        return (reason.find() ? reason.group(1) : text).strip().replaceAll("\\s+", " ");
    }

    private static Optional<Path> configured() {
        String value = System.getProperty(PROPERTY, System.getenv().getOrDefault(VARIABLE, ""));
        if (value.isBlank()) {
            return Optional.empty();
        }
        Path library = Path.of(value).toAbsolutePath();
        if (!Files.isReadable(library)) {
            throw new IllegalStateException(library + " does not exist, but " + PROPERTY + " or " + VARIABLE
                    + " names it; build it by " + BUILD + " or unset both");
        }
        return Optional.of(library);
    }

    /** The version of the library that was loaded; 0 if it is too old to say. */
    private static long version() {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            NDArray unused = TorchRuntime.settings(scope).create(0L);
            return new TorchProgram(ASKING)
                    .run(scope, "version", new NDList(unused))
                    .singletonOrThrow()
                    .getLong();
        } catch (EngineException e) {
            return 0;
        }
    }

    /** Another version's operators take other arguments, which libtorch would say in words of its own, or not at all. */
    static void requireVersion(Path library, long found) {
        if (found != VERSION) {
            throw new IllegalStateException(
                    "the library of collectives " + library + " (" + PROPERTY + " or " + VARIABLE
                            + ") has version " + (found == 0 ? "0 (it does not say)" : found)
                            + " but this program needs " + VERSION
                            + "; build it from the same sources as the program by " + BUILD);
        }
    }

    private static synchronized TorchProgram program() {
        if (program == null) {
            Path library = configured()
                    .orElseThrow(() -> new IllegalStateException(
                            "several workers need the library of collectives, and this process was not given it: build it by "
                                    + BUILD + " and name it by " + PROPERTY + " or " + VARIABLE));
            TorchRuntime.get();
            try {
                System.load(library.toString());
            } catch (UnsatisfiedLinkError e) {
                throw new IllegalStateException(
                        "cannot load the library of collectives " + library + " (" + PROPERTY + " or " + VARIABLE
                                + "); build it for this libtorch by " + BUILD + ", or unset both",
                        e);
            }
            requireVersion(library, version());
            program = new TorchProgram(TorchProgram.resource(CollectiveLibrary.class, "collective.torchscript"));
        }
        return program;
    }
}
