package io.alignstream.languagemodel.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The process-wide libtorch: number of threads and the root of all native memory.
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

    private final PtNDManager root;

    private TorchRuntime() {
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(THREADS));
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        System.setProperty("ai.djl.offline", "true");
        root = (PtNDManager) NDManager.newBaseManager(Device.cpu(), "PyTorch");
        JniUtils.setGraphExecutorOptimize(false);
        Operators.load();
    }

    /** The runtime of this process; the first call loads libtorch (about a second). */
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
    public NDManager newScope() {
        return root.newSubManager();
    }

    PtNDManager root() {
        return root;
    }

    private static final class Holder {
        static final TorchRuntime INSTANCE = new TorchRuntime();
    }
}
