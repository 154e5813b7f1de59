package io.alignstream.languagemodel.transformer;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The process-wide libtorch: number of threads, the compiled network program, the root of all native memory.
 *
 * <p>The number of intra-op threads decides the order in which partial sums are added, so it is part of a run's
 * configuration and of a checkpoint's fingerprint and never taken from the machine at hand. The graph executor's
 * profiling optimiser is off: it rewrites a method after its first calls, and a resumed run would differ from an
 * undisturbed one in its last bits. Thread-safe once started.
 */
public final class TorchRuntime {

    /** Intra-op threads: system property {@code alignstream.torch.threads} or its environment variable, else 2. */
    public static final int THREADS = Integer.parseInt(System.getProperty(
            "alignstream.torch.threads", System.getenv().getOrDefault("ALIGNSTREAM_TORCH_THREADS", "2")));

    private static final String PROGRAM = "transformer.torchscript";

    private final PtNDManager root;
    private final PtSymbolBlock program;

    private TorchRuntime() {
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(THREADS));
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        System.setProperty("ai.djl.offline", "true");
        root = (PtNDManager) NDManager.newBaseManager(Device.cpu(), "PyTorch");
        JniUtils.setGraphExecutorOptimize(false);
        Operators.load();
        try {
            program = TorchProgram.load(root, Operators.text() + Operators.resource(PROGRAM));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot load " + PROGRAM, e);
        }
    }

    /** The runtime of this process; the first call loads libtorch (about a second) and compiles the program. */
    public static TorchRuntime get() {
        return Holder.INSTANCE;
    }

    /** What bit-equality of two runs depends on besides their inputs: libtorch, operators, threads, instruction set. */
    public static SequencedMap<String, String> fingerprint() {
        SequencedMap<String, String> fingerprint = new TreeMap<>();
        fingerprint.put("libtorch", Engine.getEngine("PyTorch").getVersion());
        fingerprint.put("operators", Operators.fingerprint());
        fingerprint.put("threads", Integer.toString(THREADS));
        fingerprint.put("arch", System.getProperty("os.arch"));
        fingerprint.put("processor", Processor.model());
        return fingerprint;
    }

    /** A scope for native memory: everything created in it is freed when it is closed. */
    NDManager newScope() {
        return root.newSubManager();
    }

    /** Runs {@code method} of the program; results are attached to {@code scope}. Arguments are matched by their order. */
    NDList run(NDManager scope, String method, NDList arguments) {
        NDArray name = scope.create(0f);
        name.setName("module_method:" + method);
        arguments.add(name);
        NDList result = program.forward(new ParameterStore(scope, false), arguments, true);
        result.attach(scope);
        return result;
    }

    private static final class Holder {
        static final TorchRuntime INSTANCE = new TorchRuntime();
    }
}
