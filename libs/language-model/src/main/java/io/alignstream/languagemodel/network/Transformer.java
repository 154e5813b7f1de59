package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a Llama-shaped network (fp32, Hugging Face names) and what can be computed with them. Each token takes from
 * those before it or, in a bidirectional network, from all of its row.
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
    private final NDManager settings;
    private final ArrayMemory memory = new ArrayMemory();
    private final SequencedMap<String, NDArray> weights = new LinkedHashMap<>();
    private final NDArray cos;
    private final NDArray sin;
    private final NDArray epsilon;
    private Precision precision = Precision.FLOAT32;
    private boolean checkpointing;
    private NDArray size;
    private @Nullable LoraAdapters adapters;

    private Transformer(TransformerConfig config) {
        this.config = config;
        this.scope = TorchRuntime.get().newScope();
        double[] frequencies = config.variant().scaling().frequencies(config.ropeTheta(), config.headWidth());
        double magnitude = config.variant().scaling().magnitude();
        this.cos = table(frequencies, angle -> (float) (magnitude * StrictMath.cos(angle)));
        this.sin = table(frequencies, angle -> (float) (magnitude * StrictMath.sin(angle)));
        this.settings = TorchRuntime.settings(scope);
        this.size = size();
        this.epsilon = settings.create(config.normEpsilon());
    }

    /** The first {@code layers} blocks of {@code base}, whose weights and tables it shares. */
    private Transformer(Transformer base, int layers) {
        this.config = base.config.withLayers(layers);
        this.scope = base.scope.newSubManager();
        this.cos = base.cos;
        this.sin = base.sin;
        this.precision = base.precision;
        this.checkpointing = base.checkpointing;
        this.settings = TorchRuntime.settings(scope);
        this.size = size();
        this.epsilon = settings.create(config.normEpsilon());
        Weights.shapes(config).keySet().forEach(name -> weights.put(name, base.weight(name)));
    }

    /** Of each position the rotations' sines or cosines, twice. */
    private NDArray table(double[] frequencies, DoubleFunction<Float> entry) {
        int half = frequencies.length;
        return ArrayMemory.make(scope, new Shape(config.maxPositions(), 2L * half), entries -> {
            for (int t = 0; t < config.maxPositions(); t++) {
                for (int i = 0; i < half; i++) {
                    int at = t * 2 * half + i;
                    float value = entry.apply(t * frequencies[i]);
                    entries.put(at, value).put(at + half, value);
                }
            }
        });
    }

    private NDArray size() {
        return settings.create(new long[] {
            config.layers(),
            config.heads(),
            config.keyValueHeads(),
            precision.torchType(),
            checkpointing ? 1 : 0,
            config.bidirectional() ? 1 : 0
        });
    }

    /**
     * Keeps what goes into each block alone for the backward pass from now on, which computes the blocks again: a fraction of
     * the memory for a third more time, and the same bits (activation checkpointing, Chen et al., arXiv 1604.06174).
     *
     * @return this
     */
    public Transformer checkpointActivations(boolean checkpointing) {
        this.checkpointing = checkpointing;
        size.close();
        size = size();
        return this;
    }

    /**
     * Computes scores and gradients in {@code precision} from now on, fp32 before; weights and what is sampled stay fp32.
     *
     * @return this
     */
    public Transformer computeIn(Precision precision) {
        this.precision = precision;
        size.close();
        size = size();
        return this;
    }

    /** Number format of products and activations. */
    public Precision precision() {
        return precision;
    }

    /** A network with random weights: N(0, 0.02), the projections back into the residual stream divided by √(2·layers), biases 0. */
    public static Transformer initialise(TransformerConfig config, long seed) {
        Transformer model = new Transformer(config);
        Random random = new Random(seed);
        double residual = 0.02 / StrictMath.sqrt(2.0 * config.layers());
        Weights.shapes(config).forEach((name, shape) -> {
            float constant = name.endsWith(".bias") ? 0 : 1;
            double deviation = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight") ? residual : 0.02;
            model.put(name, ArrayMemory.make(model.scope, shape, values -> {
                while (values.hasRemaining()) {
                    values.put(shape.dimension() == 1 ? constant : (float) (random.nextGaussian() * deviation));
                }
            }));
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
                model.put(entry.getKey(), ArrayMemory.copy(model.scope, tensor));
            }
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Block {@code layer} of a network alone: enough to take its weights, and no more, out of the files.
     *
     * @param config of the whole network
     * @param origin named in error messages
     * @throws IOException if a tensor is missing, holds no floats, or has another shape than the configuration says
     */
    public static Transformer block(TransformerConfig config, Map<String, Tensor> tensors, int layer, String origin)
            throws IOException {
        Map<String, Tensor> own = new HashMap<>();
        tensors.forEach((name, tensor) -> {
            if (Weights.block(name) < 0) {
                own.put(name, tensor);
            } else if (Weights.block(name) == layer) {
                own.put(name.replaceFirst("[0-9]+", "0"), tensor);
            }
        });
        Tensor nobody = Tensor.of(new float[config.width()], 1, config.width());
        own.put(Weights.EMBEDDING, nobody);
        own.put(Weights.OUTPUT, nobody);
        return of(config.block(), own, origin);
    }

    /**
     * The first {@code layers} blocks, without head and adapters, as a network that shares this one's weights: it takes no
     * memory of its own, and ends with this one.
     */
    public Transformer sharing(int layers) {
        return new Transformer(this, layers);
    }

    /** The same of all blocks with {@code adapters} that compute with them. */
    Transformer adapted(LoraAdapters adapters) {
        Transformer adapted = sharing(config.layers());
        adapted.adapters = adapters;
        return adapted;
    }

    /** An independent copy of the first {@code layers} blocks, adapters worked in. */
    public Transformer copy(int layers) {
        Transformer copy =
                new Transformer(config.withLayers(layers)).computeIn(precision).checkpointActivations(checkpointing);
        Weights.shapes(copy.config)
                .keySet()
                .forEach(
                        name -> copy.put(name, attached(copy.scope, weight(name).duplicate())));
        if (hasHead()) {
            copy.put(HEAD, attached(copy.scope, weight(HEAD).duplicate()));
        }
        if (adapters != null) {
            adapters.workInto(copy);
        }
        return copy;
    }

    /** An independent copy, adapters worked in. */
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
            NDArray weight = weights.get(name);
            if (weight == null) {
                continue;
            }
            ArrayMemory.change(weight, rows -> {
                Map<Integer, float[]> found = new HashMap<>();
                sources.forEach((to, from) -> {
                    float[] row = new float[width];
                    rows.get(from * width, row);
                    found.put(to, row);
                });
                found.forEach((to, row) -> rows.put(to * width, row));
            });
        }
    }

    /** The adapters that compute with these weights, if there are some. */
    Optional<LoraAdapters> adapters() {
        return Optional.ofNullable(adapters);
    }

    /** Whether this is a reward model or critic. */
    public boolean hasHead() {
        return weights.containsKey(HEAD);
    }

    public TransformerConfig config() {
        return config;
    }

    /**
     * The weights where they lie, in a fixed order: they change as the network learns and end when it is closed.
     *
     * @throws IllegalStateException if adapters change them
     */
    public SequencedMap<String, Tensor> views() {
        if (adapters != null) {
            throw new IllegalStateException("weights that adapters change lie nowhere; a copy has them worked in");
        }
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        weights.forEach((name, array) -> result.put(name, memory.view(array)));
        return result;
    }

    /** A copy of the weights, in a fixed order. */
    public SequencedMap<String, Tensor> tensors() {
        SequencedMap<String, Tensor> result = views();
        result.replaceAll((name, view) -> view.copy());
        return result;
    }

    /**
     * Log probabilities of the targets.
     *
     * @param temperature divides the logits
     * @return {@code [batch][time]}, 0 where the target does not count
     */
    public float[][] logProbabilities(Sequences sequences, double temperature) {
        return inParts(sequences, part -> {
            try (NDManager call = TorchRuntime.get().newScope()) {
                NDList in = counted(call, part);
                in.add(TorchRuntime.settings(call).create(temperature));
                return counted(NetworkProgram.SCORES.run(call, "score", in), part);
            }
        });
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
        float[][] values = inParts(sequences, part -> {
            try (NDManager call = TorchRuntime.get().newScope()) {
                return counted(NetworkProgram.SCORES.run(call, "hits", counted(call, part)), part);
            }
        });
        boolean[][] hits = new boolean[values.length][sequences.time()];
        for (int b = 0; b < hits.length; b++) {
            for (int t = 0; t < hits[b].length; t++) {
                hits[b][t] = values[b][t] > 0;
            }
        }
        return hits;
    }

    /**
     * All logits of one sequence: the token after each position, or, of a bidirectional network, at each.
     *
     * @param ids at most the model's positions
     * @return {@code [time][vocabularySize]}
     */
    public float[][] logits(int... ids) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = arguments(call);
            in.add(call.create(Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length)));
            in.add(call.create(LongStream.range(0, ids.length).toArray()));
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
        return inParts(sequences, part -> {
            try (NDManager call = TorchRuntime.get().newScope()) {
                NDList in = arguments(call);
                tokens(call, in, part);
                shape(in);
                NDArray out = NetworkProgram.SCORES.run(call, "scalars", in).singletonOrThrow();
                return part.grid(part.real(), out.toFloatArray());
            }
        });
    }

    /** {@code figure} of few enough rows at a time, {@code [batch][time]}. */
    private float[][] inParts(Sequences sequences, Function<Sequences, float[][]> figure) {
        List<Sequences> parts = sequences.parts(Footprint.of(config).scoredPositions());
        if (parts.size() == 1) {
            return figure.apply(sequences);
        }
        return parts.stream()
                .flatMap(part -> Arrays.stream(figure.apply(part)))
                .map(row -> Arrays.copyOf(row, sequences.time()))
                .toArray(float[][]::new);
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
        if (adapters != null) {
            adapters.addTo(in);
        }
        return in;
    }

    /** Adds rotary tables, size and epsilon: the arguments that every method on a network takes. */
    public void shape(NDList in) {
        in.add(cos);
        in.add(sin);
        in.add(size);
        in.add(epsilon);
    }

    /** Adds ids, {@code [batch, time]}, and where their tokens stand: libtorch would have to wait for a card to find out. */
    public static void tokens(NDManager call, NDList in, Sequences sequences) {
        in.add(call.create(sequences.ids(), new Shape(sequences.batch(), sequences.time())));
        in.add(call.create(sequences.real()));
    }

    @Override
    public Transformer network() {
        return this;
    }

    @Override
    public SequencedMap<String, NDArray> weights() {
        return weights;
    }

    NDArray head() {
        return weight(HEAD);
    }

    void divideHead(double divisor) {
        ArrayMemory.change(head(), head -> {
            for (int i = 0; i < head.limit(); i++) {
                head.put(i, (float) (head.get(i) / divisor));
            }
        });
    }

    NDManager scope() {
        return scope;
    }

    /** Frees the native memory; further use fails. */
    @Override
    public void close() {
        memory.close();
        scope.close();
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

    void put(String name, NDArray array) {
        array.setName("w." + name);
        weights.put(name, array);
    }
}
