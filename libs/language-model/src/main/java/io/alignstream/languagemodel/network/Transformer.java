package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;

/**
 * The weights of a Llama-shaped network (fp32, Hugging Face names) and what can be computed with them.
 *
 * <p>With a {@code score.weight} of shape {@code [1, width]} it is a reward model or critic: a backbone with a scalar
 * head. Scoring and sampling may run on several threads at once; training needs the weights to
 * itself.
 */
public final class Transformer implements Trainable, AutoCloseable {

    /** Name of the scalar head's weight. */
    public static final String HEAD = "score.weight";

    private final TransformerConfig config;
    private final NDManager scope;
    private final SequencedMap<String, NDArray> weights = new LinkedHashMap<>();
    private final NDArray cos;
    private final NDArray sin;
    private final NDArray size;
    private final NDArray epsilon;

    private Transformer(TransformerConfig config) {
        this.config = config;
        this.scope = TorchRuntime.get().newScope();
        double[] frequencies = config.variant().scaling().frequencies(config.ropeTheta(), config.headWidth());
        double magnitude = config.variant().scaling().magnitude();
        int half = frequencies.length;
        float[] cosines = new float[config.maxPositions() * 2 * half];
        float[] sines = new float[cosines.length];
        for (int t = 0; t < config.maxPositions(); t++) {
            for (int i = 0; i < half; i++) {
                int at = t * 2 * half + i;
                double angle = t * frequencies[i];
                cosines[at] = (float) (magnitude * StrictMath.cos(angle));
                cosines[at + half] = cosines[at];
                sines[at] = (float) (magnitude * StrictMath.sin(angle));
                sines[at + half] = sines[at];
            }
        }
        Shape table = new Shape(config.maxPositions(), 2L * half);
        this.cos = scope.create(cosines, table);
        this.sin = scope.create(sines, table);
        this.size = scope.create(new long[] {config.layers(), config.heads(), config.keyValueHeads()});
        this.epsilon = scope.create(config.normEpsilon());
    }

    /** A network with random weights: N(0, 0.02), the projections back into the residual stream divided by √(2·layers), biases 0. */
    public static Transformer initialise(TransformerConfig config, long seed) {
        Transformer model = new Transformer(config);
        Random random = new Random(seed);
        double residual = 0.02 / StrictMath.sqrt(2.0 * config.layers());
        Weights.shapes(config).forEach((name, shape) -> {
            float[] values = new float[(int) shape.size()];
            float constant = name.endsWith(".bias") ? 0 : 1;
            double deviation = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight") ? residual : 0.02;
            for (int i = 0; i < values.length; i++) {
                values[i] = shape.dimension() == 1 ? constant : (float) (random.nextGaussian() * deviation);
            }
            model.put(name, model.scope.create(values, shape));
        });
        return model;
    }

    /**
     * Loads {@code config.json} and the weights of a Hugging Face directory, such as a checkpoint's.
     *
     * @throws IOException if a file is missing or damaged, or a tensor is missing or has another shape
     */
    public static Transformer load(Path folder) throws IOException {
        TransformerConfig config = TransformerConfig.load(folder);
        return of(config, ModelWeights.read(folder), folder.toString());
    }

    /**
     * A network with the given weights; tensors that the configuration does not name are left out, except the head.
     *
     * @param origin named in error messages
     * @throws IOException if a tensor is missing, holds no floats, or has another shape than the configuration says
     */
    public static Transformer of(TransformerConfig config, Map<String, Tensor> tensors, String origin)
            throws IOException {
        Transformer model = new Transformer(config);
        try {
            SequencedMap<String, Shape> shapes = Weights.shapes(config);
            if (tensors.containsKey(HEAD)) {
                shapes.put(HEAD, new Shape(1, config.width()));
            }
            for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
                Tensor tensor = Weights.require(tensors, entry.getKey(), entry.getValue(), origin);
                model.put(entry.getKey(), native32(model.scope, tensor));
            }
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** An independent copy of the first {@code layers} blocks. */
    public Transformer copy(int layers) {
        Transformer copy = new Transformer(config.withLayers(layers));
        Weights.shapes(copy.config)
                .keySet()
                .forEach(
                        name -> copy.put(name, attached(copy.scope, weight(name).duplicate())));
        if (hasHead()) {
            copy.put(HEAD, attached(copy.scope, weight(HEAD).duplicate()));
        }
        return copy;
    }

    /** An independent copy. */
    public Transformer copy() {
        return copy(config.layers());
    }

    /** Adds a scalar head drawn from N(0, 1/√(width + 1)), unless there is one. */
    public void addHead(long seed) {
        if (hasHead()) {
            return;
        }
        Random random = new Random(seed);
        float[] values = new float[config.width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / StrictMath.sqrt(config.width() + 1.0));
        }
        put(HEAD, scope.create(values, new Shape(1, config.width())));
    }

    /**
     * Gives tokens the embedding, and the row of the output projection, of others.
     *
     * @param sources from the token to change to the token that it shall resemble, ids below the vocabulary's size; read
     *     before anything changes
     */
    public void copyTokens(Map<Integer, Integer> sources) {
        int width = config.width();
        for (String name : List.of("model.embed_tokens.weight", "lm_head.weight")) {
            NDArray old = weights.get(name);
            if (old == null) {
                continue;
            }
            float[] before = old.toFloatArray();
            float[] after = before.clone();
            sources.forEach((to, from) -> System.arraycopy(before, from * width, after, to * width, width));
            put(name, native32(scope, Tensor.of(after, config.vocabularySize(), width)));
            old.close();
        }
    }

    /** Whether this is a reward model or critic. */
    public boolean hasHead() {
        return weights.containsKey(HEAD);
    }

    public TransformerConfig config() {
        return config;
    }

    /** The weights on the host, in a fixed order. */
    public SequencedMap<String, Tensor> tensors() {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        weights.forEach((name, array) -> result.put(name, host(array)));
        return result;
    }

    /**
     * Log probabilities of the targets.
     *
     * @param temperature divides the logits
     * @return {@code [batch][time]}, 0 where the target does not count
     */
    public float[][] logProbabilities(Sequences sequences, double temperature) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = counted(call, sequences);
            in.add(call.create(temperature));
            return counted(NetworkProgram.SCORES.run(call, "score", in), sequences);
        }
    }

    /** Sum of the log probabilities of each row's targets that count, {@code [batch]}. */
    public float[] answerLogProbabilities(Sequences sequences) {
        float[][] logs = logProbabilities(sequences, 1);
        float[] sums = new float[logs.length];
        for (int row = 0; row < sums.length; row++) {
            for (float log : logs[row]) {
                sums[row] += log;
            }
        }
        return sums;
    }

    /** Mean cross-entropy in nats over the targets that count; NaN if none does. */
    public double meanLoss(Sequences sequences) {
        double sum = 0;
        for (float[] row : logProbabilities(sequences, 1)) {
            for (float log : row) {
                sum -= log;
            }
        }
        return sum / sequences.targetCount();
    }

    /** Whether each target is the most probable token, {@code [batch][time]}; false where the target does not count. */
    public boolean[][] hits(Sequences sequences) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList out = NetworkProgram.SCORES.run(call, "hits", counted(call, sequences));
            float[][] values = counted(out, sequences);
            boolean[][] hits = new boolean[values.length][sequences.time()];
            for (int b = 0; b < hits.length; b++) {
                for (int t = 0; t < hits[b].length; t++) {
                    hits[b][t] = values[b][t] > 0;
                }
            }
            return hits;
        }
    }

    /**
     * All logits of one sequence: the token after each position.
     *
     * @param ids at most the model's positions
     * @return {@code [time][vocabularySize]}
     */
    public float[][] logits(int... ids) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = arguments(call);
            in.add(call.create(Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length)));
            in.add(call.create(new long[] {ids.length}));
            shape(in);
            NDArray out = NetworkProgram.SCORES.run(call, "logits", in).singletonOrThrow();
            float[] values = out.toFloatArray();
            float[][] logits = new float[ids.length][];
            int size = config.vocabularySize();
            Arrays.setAll(logits, t -> Arrays.copyOfRange(values, t * size, (t + 1) * size));
            return logits;
        }
    }

    /** The head's value at each token, {@code [batch][time]}, 0 in padding; needs a head. */
    public float[][] scalars(Sequences sequences) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = arguments(call);
            tokens(call, in, sequences);
            shape(in);
            NDArray out = NetworkProgram.SCORES.run(call, "scalars", in).singletonOrThrow();
            return sequences.grid(sequences.real(), out.toFloatArray());
        }
    }

    /** Arguments of a method that takes the targets that count. */
    private NDList counted(NDManager call, Sequences sequences) {
        NDList in = arguments(call);
        tokens(call, in, sequences);
        in.add(call.create(sequences.counted()));
        in.add(call.create(sequences.countedTargets()));
        shape(in);
        return in;
    }

    /** What such a method gave, {@code [batch][time]}, 0 elsewhere. */
    private static float[][] counted(NDList out, Sequences sequences) {
        return sequences.grid(sequences.counted(), out.singletonOrThrow().toFloatArray());
    }

    /** The weights as a program's first argument, under names that make libtorch see one dictionary. */
    public NDList arguments(NDManager call) {
        NDList in = new NDList(weights.size() + 8);
        in.addAll(weights.values());
        return in;
    }

    /** Adds rotary tables, size and epsilon: the arguments that every method on a network takes. */
    public void shape(NDList in) {
        in.add(cos);
        in.add(sin);
        in.add(size);
        in.add(epsilon);
    }

    /** Adds ids, {@code [batch, time]}, and the rows' lengths. */
    public static void tokens(NDManager call, NDList in, Sequences sequences) {
        in.add(call.create(sequences.ids(), new Shape(sequences.batch(), sequences.time())));
        in.add(call.create(sequences.lengths()));
    }

    @Override
    public Transformer network() {
        return this;
    }

    @Override
    public SequencedMap<String, NDArray> weights() {
        return weights;
    }

    NDManager scope() {
        return scope;
    }

    /** Frees the native memory; further use fails. */
    @Override
    public void close() {
        scope.close();
    }

    /** A copy of {@code array} on the host. */
    public static Tensor host(NDArray array) {
        return Tensor.of(array.toFloatArray(), array.getShape().getShape());
    }

    /** Copies into memory that libtorch allocates, so that kernels see the same alignment as after training. */
    public static NDArray native32(NDManager scope, Tensor tensor) {
        try (NDArray view = scope.create(tensor.toFloats(), new Shape(tensor.shape()))) {
            return attached(scope, view.duplicate());
        }
    }

    private static NDArray attached(NDManager scope, NDArray array) {
        array.attach(scope);
        return array;
    }

    private NDArray weight(String name) {
        NDArray array = weights.get(name);
        if (array == null) {
            throw new IllegalStateException("no weight " + name);
        }
        return array;
    }

    private void put(String name, NDArray array) {
        array.setName("w." + name);
        weights.put(name, array);
    }
}
