package io.alignstream.languagemodel.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Trains a {@link Transformer} with AdamW (Loshchilov and Hutter, arXiv 1711.05101): each step is one call into the
 * program, which computes loss and gradients, clips them by their global norm and updates the weights in place.
 *
 * <p>The blocks' matrices can learn by Muon instead (Jordan et al., kellerjordan.github.io/posts/muon): momentum made
 * orthogonal by a Newton-Schulz iteration, which moves rare directions as far as frequent ones. Its steps are scaled to
 * AdamW's (Liu et al., arXiv 2502.16982), so one learning rate and one weight decay serve both.
 *
 * <p>Weight decay applies to matrices only. The state (first and second moments, step counts) is complete: restored, it
 * continues bit for bit. For one thread.
 */
public final class AdamW implements AutoCloseable {

    private final Transformer model;
    private final @Nullable LoraAdapters adapters;
    private final Settings settings;
    private final Computing computing;
    private final NDManager scope;
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

    /** Loss before and gradient norm before clipping of one step. */
    public record Step(double loss, double gradientNorm) {}

    /** What PPO's policy step measured; all over the valid tokens. */
    public record PolicyStep(
            double loss,
            double gradientNorm,
            double approximateKl,
            double clipFraction,
            double entropy,
            double meanRatio,
            double greatestRatioGap) {}

    /** An optimiser for {@code model} with zero moments, computing in fp32. */
    public AdamW(Transformer model, Settings settings) {
        this(model, settings, Computing.DEFAULT);
    }

    /** An optimiser for {@code model} with zero moments; {@code computing} applies to next-token training. */
    public AdamW(Transformer model, Settings settings, Computing computing) {
        this(model, null, model.weights(), settings, computing);
    }

    /** An optimiser with zero moments for adapters only; the weights of their network stay as they are. */
    public AdamW(LoraAdapters adapters, Settings settings) {
        this(adapters, settings, Computing.DEFAULT);
    }

    /** The same; {@code computing} applies to next-token training. */
    public AdamW(LoraAdapters adapters, Settings settings, Computing computing) {
        this(adapters.base(), adapters, adapters.weights(), settings, computing);
    }

    private AdamW(
            Transformer model,
            @Nullable LoraAdapters adapters,
            SequencedMap<String, NDArray> trained,
            Settings settings,
            Computing computing) {
        this.model = model;
        this.adapters = adapters;
        this.settings = settings;
        this.computing = computing;
        this.scope = TorchRuntime.get().newScope();
        trained.forEach((name, weight) -> {
            put(first, "m.", name, scope.zeros(weight.getShape()));
            if (settings.muonMomentum == 0 || !isBlockMatrix(name, weight)) {
                put(second, "v.", name, scope.zeros(weight.getShape()));
                put(steps, "s.", name, scope.create(0f));
            }
        });
    }

    /**
     * One step of next-token training, of the network or of its adapters.
     *
     * @param sequences the loss is the mean over all targets that count
     */
    public Step languageModelStep(Sequences sequences, double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = trained(call);
            Transformer.tokens(call, in, sequences);
            model.shape(in);
            in.add(call.create(new long[] {computing.precision().torchType(), computing.rows()}));
            in.add(hyper(call, learningRate));
            return step(call, adapters == null ? "language_model_step" : "adapter_language_model_step", in);
        }
    }

    /** One step as {@link #languageModelStep} on packed sequences, in fp32, of the network or of its adapters. */
    public Step packedStep(PackedSequences packed, double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = trained(call);
            Shape shape = new Shape(packed.rows().batch(), packed.rows().time());
            Transformer.tokens(call, in, packed.rows());
            in.add(call.create(packed.positions(), shape));
            in.add(call.create(packed.segments(), shape));
            model.shape(in);
            in.add(hyper(call, learningRate));
            return step(call, adapters == null ? "packed_step" : "adapter_step", in);
        }
    }

    /**
     * One step on ranked answers.
     *
     * @param answers prompt and answer of every answer of the batch, right-padded
     * @param last position of each answer's last token, where the score is read, {@code [answers]}
     * @param pairs which answer beats which; the weights sum to 1
     * @param centring coefficient of the squared sum of a pair's scores, which keeps scores near 0
     */
    public Step rankingStep(
            Sequences answers, int[] last, List<RankedPair> pairs, double centring, double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = arguments(call);
            in.add(call.create(answers.ids(), new Shape(answers.batch(), answers.time())));
            long[] positions = new long[last.length];
            long[] better = new long[pairs.size()];
            long[] worse = new long[pairs.size()];
            float[] margin = new float[pairs.size()];
            float[] weight = new float[pairs.size()];
            boolean[] tied = new boolean[pairs.size()];
            for (int i = 0; i < last.length; i++) {
                positions[i] = last[i];
            }
            for (int i = 0; i < better.length; i++) {
                RankedPair pair = pairs.get(i);
                better[i] = pair.better();
                worse[i] = pair.worse();
                margin[i] = (float) pair.margin();
                weight[i] = (float) pair.weight();
                tied[i] = pair.tied();
            }
            in.add(call.create(positions));
            in.add(call.create(better));
            in.add(call.create(worse));
            in.add(call.create(margin));
            in.add(call.create(weight));
            in.add(call.create(tied));
            model.shape(in);
            in.add(call.create(centring));
            in.add(hyper(call, learningRate));
            return step(call, "ranking_step", in);
        }
    }

    /**
     * One step of PPO's clipped policy loss (Schulman et al., arXiv 1707.06347).
     *
     * @param oldLogProbabilities of the targets before the first update on this batch, {@code [batch][time]}
     * @param advantages {@code [batch][time]}
     * @param temperature at which the answers were sampled
     * @param clip how far the ratio may move, for example 0.2
     */
    public PolicyStep policyStep(
            Sequences sequences,
            float[][] oldLogProbabilities,
            float[][] advantages,
            double temperature,
            double clip,
            double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = arguments(call);
            Transformer.tokens(call, in, sequences);
            in.add(call.create(oldLogProbabilities));
            in.add(call.create(advantages));
            model.shape(in);
            in.add(call.create(temperature));
            in.add(call.create(clip));
            in.add(hyper(call, learningRate));
            float[] out = TorchRuntime.get()
                    .run(call, "policy_step", in)
                    .singletonOrThrow()
                    .toFloatArray();
            return new PolicyStep(out[0], out[1], out[2], out[3], out[4], out[5], out[6]);
        }
    }

    /**
     * One step of PPO's clipped value loss.
     *
     * @param oldValues the critic's values before the first update on this batch, {@code [batch][time]}
     * @param returns what the values should have been, {@code [batch][time]}
     * @param clip how far a value may move from its old one, in reward units
     * @param coefficient multiplies the loss
     */
    public Step valueStep(
            Sequences sequences,
            float[][] oldValues,
            float[][] returns,
            double clip,
            double coefficient,
            double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = arguments(call);
            Transformer.tokens(call, in, sequences);
            in.add(call.create(oldValues));
            in.add(call.create(returns));
            model.shape(in);
            in.add(call.create(clip));
            in.add(call.create(coefficient));
            in.add(hyper(call, learningRate));
            return step(call, "value_step", in);
        }
    }

    /**
     * Moments and step counts on the host: {@code PREFIX.m.NAME}, {@code PREFIX.v.NAME}, {@code PREFIX.s.NAME}; of
     * matrices that learn by Muon the first only.
     */
    public SequencedMap<String, Tensor> state(String prefix) {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        List.of(first, second, steps).forEach(part -> part.values()
                .forEach(array -> state.put(prefix + "." + array.getName(), Transformer.host(array))));
        return state;
    }

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public void restore(String prefix, Map<String, Tensor> state) throws IOException {
        for (SequencedMap<String, NDArray> part : List.of(first, second, steps)) {
            for (Map.Entry<String, NDArray> entry : part.entrySet()) {
                NDArray old = entry.getValue();
                String name = prefix + "." + old.getName();
                Tensor tensor = state.get(name);
                if (tensor == null || !new Shape(tensor.shape()).equals(old.getShape())) {
                    throw new IOException("training state: tensor " + name + " is missing or not " + old.getShape());
                }
                NDArray restored = Transformer.native32(scope, tensor);
                restored.setName(old.getName());
                entry.setValue(restored);
                old.close();
            }
        }
    }

    @Override
    public void close() {
        scope.close();
    }

    private NDList arguments(NDManager call) {
        if (adapters != null) {
            throw new IllegalStateException("adapters are trained with languageModelStep and packedStep only");
        }
        NDList in = model.arguments(call);
        addState(in);
        return in;
    }

    private NDList trained(NDManager call) {
        NDList in = model.arguments(call);
        if (adapters != null) {
            in.addAll(adapters.weights().values());
        }
        addState(in);
        if (adapters != null) {
            adapters.shape(in);
        }
        return in;
    }

    private void addState(NDList in) {
        in.addAll(first.values());
        in.addAll(second.values());
        in.addAll(steps.values());
    }

    private NDArray hyper(NDManager call, double learningRate) {
        return call.create(new double[] {
            learningRate,
            settings.beta1,
            settings.beta2,
            settings.epsilon,
            settings.weightDecay,
            settings.maxNorm,
            settings.muonMomentum,
            settings.gainRate
        });
    }

    private static boolean isBlockMatrix(String name, NDArray weight) {
        return weight.getShape().dimension() == 2 && name.startsWith("model.layers.");
    }

    private static Step step(NDManager call, String method, NDList in) {
        float[] out =
                TorchRuntime.get().run(call, method, in).singletonOrThrow().toFloatArray();
        return new Step(out[0], out[1]);
    }

    private static void put(SequencedMap<String, NDArray> part, String prefix, String name, NDArray array) {
        array.setName(prefix + name);
        part.put(name, array);
    }
}
