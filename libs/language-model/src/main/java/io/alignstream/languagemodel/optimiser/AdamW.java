package io.alignstream.languagemodel.optimiser;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101): clips gradients by their global norm and updates the weights in place.
 *
 * <p>The blocks' matrices can learn by Muon instead (Jordan et al., kellerjordan.github.io/posts/muon): momentum made
 * orthogonal by a Newton-Schulz iteration, which moves rare directions as far as frequent ones. Its steps are scaled to
 * AdamW's (Liu et al., arXiv 2502.16982), so one learning rate and one weight decay serve both.
 *
 * <p>Weight decay applies to matrices only. The state (first and second moments, step counts) is complete: restored, it
 * continues bit for bit. For one thread.
 */
public final class AdamW implements Optimiser {

    private static final TorchProgram PROGRAM =
            new TorchProgram(TorchProgram.resource(AdamW.class, "optimiser.torchscript"));

    private final SequencedMap<String, NDArray> weights;
    private final Settings settings;
    private final Precision precision;
    private final NDManager scope;
    private final ArrayMemory memory = new ArrayMemory();
    private final SequencedMap<String, NDArray> first = new LinkedHashMap<>();
    private final SequencedMap<String, NDArray> second = new LinkedHashMap<>();
    private final SequencedMap<String, NDArray> steps = new LinkedHashMap<>();

    /**
     * Fixed settings of the optimiser.
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon added to the root of the second moment
     * @param weightDecay decoupled, multiplied by the learning rate
     * @param maxNorm gradients with a greater global norm are scaled down to it
     * @param muonMomentum Muon's momentum for the matrices of the blocks; 0 lets them learn by AdamW
     * @param gainRate learning rate of the norms' gains for each unit of that of the other weights
     */
    public record Settings(
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            double maxNorm,
            double muonMomentum,
            double gainRate) {

        /** For networks that start from random weights. */
        public static final Settings PRETRAINING = new Settings(0.9, 0.95, 1e-8, 0.1, 1.0, 0.95, 1);

        /**
         * AdamW alone without decay, for supervised fine-tuning. Gains are numbers around 1, the entries of matrices
         * around 1/√width: with the same learning rate gains would hardly move.
         */
        public static final Settings FINE_TUNING = new Settings(0.9, 0.95, 1e-8, 0.0, 1.0, 0, 30);

        /** AdamW alone without decay, for reward models and PPO (Adam epsilon 1e-5). */
        public static final Settings REINFORCEMENT = new Settings(0.9, 0.999, 1e-5, 0.0, 1.0, 0, 1);
    }

    /** An optimiser of {@code trained} with zero moments; Muon's products in fp32. */
    public AdamW(Trainable trained, Settings settings) {
        this(trained, settings, Precision.FLOAT32);
    }

    /**
     * An optimiser of {@code trained} with zero moments.
     *
     * @param precision of Muon's products; everything else is fp32
     */
    public AdamW(Trainable trained, Settings settings, Precision precision) {
        this(trained.weights(), settings, precision);
    }

    /**
     * An optimiser of the weights of any network, with zero moments.
     *
     * @param weights by name, fp32, each array named {@code w.NAME} as a program takes it; they stay the caller's
     * @param precision of Muon's products; everything else is fp32
     */
    public AdamW(SequencedMap<String, NDArray> weights, Settings settings, Precision precision) {
        this.weights = weights;
        this.settings = settings;
        this.precision = precision;
        this.scope = TorchRuntime.get().newScope();
        weights.forEach((name, weight) -> {
            put(first, "m.", name, scope.zeros(weight.getShape()));
            if (settings.muonMomentum == 0 || !isBlockMatrix(name, weight)) {
                put(second, "v.", name, scope.zeros(weight.getShape()));
                put(steps, "s.", name, scope.create(0f));
            }
        });
    }

    @Override
    public double step(Gradients gradients, double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = gradients.arguments();
            in.addAll(weights.values());
            in.addAll(first.values());
            in.addAll(second.values());
            in.addAll(steps.values());
            NDManager numbers = TorchRuntime.settings(call);
            in.add(numbers.create(new double[] {
                learningRate,
                settings.beta1,
                settings.beta2,
                settings.epsilon,
                settings.weightDecay,
                settings.maxNorm,
                settings.muonMomentum,
                settings.gainRate
            }));
            in.add(numbers.create((long) precision.torchType()));
            return PROGRAM.run(call, "step", in).singletonOrThrow().toFloatArray()[0];
        }
    }

    @Override
    public SequencedMap<String, NDArray> moments() {
        SequencedMap<String, NDArray> moments = new LinkedHashMap<>();
        List.of(first, second, steps)
                .forEach(part -> part.values().forEach(array -> moments.put(array.getName(), array)));
        return moments;
    }

    /**
     * Moments and step counts where they lie: {@code PREFIX.m.NAME}, {@code PREFIX.v.NAME}, {@code PREFIX.s.NAME}; of
     * matrices that learn by Muon the first only.
     */
    @Override
    public SequencedMap<String, Tensor> state(String prefix) {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        moments().forEach((name, array) -> state.put(prefix + "." + name, memory.view(array)));
        return state;
    }

    @Override
    public void restore(String prefix, Map<String, Tensor> state) throws IOException {
        restore(moments(), prefix, state);
    }

    /** Overwrites {@code arrays} with the tensors of their names below {@code prefix}. */
    static void restore(Map<String, NDArray> arrays, String prefix, Map<String, Tensor> state) throws IOException {
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            NDArray old = entry.getValue();
            String name = prefix + "." + entry.getKey();
            Tensor tensor = state.get(name);
            if (tensor == null || !new Shape(tensor.shape()).equals(old.getShape())) {
                throw new IOException("training state: tensor " + name + " is missing or not " + old.getShape());
            }
            ArrayMemory.change(old, tensor::copyTo);
        }
    }

    @Override
    public void close() {
        memory.close();
        scope.close();
    }

    private static boolean isBlockMatrix(String name, NDArray weight) {
        return weight.getShape().dimension() == 2 && name.startsWith("model.layers.");
    }

    private static void put(SequencedMap<String, NDArray> part, String prefix, String name, NDArray array) {
        array.setName(prefix + name);
        part.put(name, array);
    }
}
