package io.alignstream.languagemodel.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The process-wide libtorch: number of threads, the device that computes and the root of all native memory.
 *
 * <p>The number of intra-op threads decides the order in which partial sums are added, so it is part of a run's
 * configuration and of a checkpoint's fingerprint and never taken from the machine at hand. The graph executor's
 * profiling optimiser is off: it rewrites a method after its first calls, and a resumed run would differ from an
 * undisturbed one in its last bits. Thread-safe once started.
 *
 * <p>The device is the processor, or a card ({@value #DEVICE}: {@code auto}, {@code cpu} or {@code cuda:N}). What is made in
 * {@link #newScope} lies on it: weights, moments, tables, batches. Settings, which programs read as numbers, lie on the
 * processor always ({@link #settings}). On a card equal inputs give nearly, but not always exactly, equal bits: some of its
 * kernels add in the order in which their threads end.
 */
public final class TorchRuntime {

    /** Intra-op threads: system property {@code alignstream.torch.threads} or its environment variable, else 2. */
    public static final int THREADS = Integer.parseInt(System.getProperty(
            "alignstream.torch.threads", System.getenv().getOrDefault("ALIGNSTREAM_TORCH_THREADS", "2")));

    /** Name of the scopes of settings. */
    static final String SETTINGS = "settings";
    /** Names the device: a system property, else the environment variable of that name. */
    static final String DEVICE = "alignstream.torch.device";

    private final PtNDManager root;
    private final Device device;

    private TorchRuntime() {
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(THREADS));
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        System.setProperty("ai.djl.offline", "true");
        LibtorchFolder.configured().ifPresent(LibtorchFolder::require);
        root = (PtNDManager) NDManager.newBaseManager(Device.cpu(), "PyTorch");
        JniUtils.setGraphExecutorOptimize(false);
        device = DeviceChoice.of(
                        System.getProperty(DEVICE, System.getenv().getOrDefault("ALIGNSTREAM_TORCH_DEVICE", "auto")))
                .among(DeviceChoice.cards());
        Operators.load(device);
    }

    /** The runtime of this process; the first call loads libtorch (about a second). */
    public static TorchRuntime get() {
        return Holder.INSTANCE;
    }

    /** What bit-equality of two runs depends on besides their inputs: libtorch, operators, threads, instruction set, card. */
    public static SequencedMap<String, String> fingerprint() {
        SequencedMap<String, String> fingerprint = new TreeMap<>();
        fingerprint.put("libtorch", Engine.getEngine("PyTorch").getVersion());
        fingerprint.put("operators", Operators.fingerprint());
        fingerprint.put("threads", Integer.toString(THREADS));
        fingerprint.put("arch", System.getProperty("os.arch"));
        fingerprint.put("processor", Processor.model());
        get().card().ifPresent(card -> {
            fingerprint.put("card", card.name());
            fingerprint.put("driver", CudaDriver.version());
        });
        return fingerprint;
    }

    /** A scope for native memory of the device: everything created in it is freed when it is closed. */
    public NDManager newScope() {
        return root.newSubManager(device);
    }

    /**
     * A part of {@code scope} on the processor, for settings: small arrays that programs read as numbers. Of a card the
     * processor would have to wait for all that it computes before they could be read.
     */
    public static NDManager settings(NDManager scope) {
        NDManager settings = scope.newSubManager(Device.cpu());
        settings.setName(SETTINGS);
        return settings;
    }

    /** Where data lie and are computed with. */
    Device device() {
        return device;
    }

    /** The card that computes; empty where the processor does. */
    public Optional<Card> card() {
        return device.isGpu() ? Optional.of(new Card(device.getDeviceId())) : Optional.empty();
    }

    PtNDManager root() {
        return root;
    }

    private static final class Holder {
        static final TorchRuntime INSTANCE = new TorchRuntime();
    }
}
