package io.alignstream.languagemodel.network;

import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Judges answers: the scalar head of a network, read at an answer's last token, plus a bias.
 *
 * <p>A checkpoint folder of it is a Hugging Face model with {@code score.weight} and {@code score.bias}. Scoring may run
 * on several threads at once.
 */
public final class RewardModel implements AutoCloseable {

    /** The file beside a reward model that holds its judge: a model learned from other rankings. */
    public static final String JUDGE_FILE = "judge.safetensors";

    /** What transformers look for before they read a file. */
    private static final Map<String, String> TORCH = Map.of("format", "pt");

    private static final String SUFFIX = ".safetensors";

    private static final String BIAS = "score.bias";
    private static final int BATCH = 64;

    private final TunedNetwork tuned;
    private final Transformer network;
    private final float bias;

    /** Takes over {@code network}, which must have a head, and closes it when it is closed. */
    public RewardModel(Transformer network, float bias) {
        this(TunedNetwork.of(network), bias);
    }

    /** Takes over {@code tuned}, which must have a head, and closes it when it is closed. */
    public RewardModel(TunedNetwork tuned, float bias) {
        if (!tuned.network().hasHead()) {
            throw new IllegalArgumentException("a reward model needs a network with a scalar head; this one has none");
        }
        this.tuned = tuned;
        this.network = tuned.network();
        this.bias = bias;
    }

    /**
     * Loads a checkpoint folder.
     *
     * @throws IOException if a file is missing or damaged, or the network has no scalar head
     */
    public static RewardModel load(Path folder) throws IOException {
        return load(folder, ModelWeights.FILE);
    }

    /**
     * Loads a model that lies in {@code file} beside the one of a checkpoint folder and has its shape.
     *
     * @throws IOException if a file is missing or damaged, or the network has no scalar head
     */
    public static RewardModel load(Path folder, String file) throws IOException {
        Map<String, Tensor> tensors = Safetensors.read(folder.resolve(file));
        if (!tensors.containsKey(Transformer.HEAD)) {
            throw new IOException(
                    folder.resolve(file) + ": tensor " + Transformer.HEAD + " is missing; this is no reward model");
        }
        Tensor bias = tensors.get(BIAS);
        return new RewardModel(
                Transformer.of(TransformerConfig.load(folder), tensors, folder.toString()),
                bias == null ? 0 : bias.toFloats()[0]);
    }

    /**
     * Loads a model that lies beside another as adapters, see {@link #adapterViews}.
     *
     * @param base whose bottom they adapt; shared, so that it has to be closed later
     * @param layers of it that the model has
     * @throws IOException if a file is missing or damaged, or the adapters do not fit
     */
    static RewardModel load(Path adapters, Transformer base, int layers, LoraSettings settings) throws IOException {
        Map<String, Tensor> tensors = Safetensors.read(adapters);
        Tensor bias = tensors.get(BIAS);
        Transformer bottom = base.sharing(layers);
        bottom.addHead(0);
        return new RewardModel(
                TunedNetwork.of(LoraAdapters.of(bottom, settings, tensors)), bias == null ? 0 : bias.toFloats()[0]);
    }

    /** The backbone with its head, without the bias. */
    public Transformer network() {
        return network;
    }

    /** What is added to the head's value. */
    public float bias() {
        return bias;
    }

    /** All weights where they lie, adapters worked in, the bias among them; they end when the model is closed. */
    public SequencedMap<String, Tensor> views() {
        return withBias(tuned.whole().views());
    }

    /** The adapters and the bias, if it consists of adapters. */
    public Optional<SequencedMap<String, Tensor>> adapterViews() {
        return tuned.adapterViews().map(this::withBias);
    }

    /** Writes all weights, adapters worked in, to {@code file}; what they are worked into exists only meanwhile. */
    public void write(Path file) throws IOException {
        Safetensors.write(file, views(), TORCH);
        tuned.changed();
    }

    /** The file beside {@code file} that holds the model's adapters, if it consists of some: what {@link #adapterViews} gave. */
    public static String adaptersBeside(String file) {
        return file.substring(0, file.length() - SUFFIX.length()) + ".adapters" + SUFFIX;
    }

    private SequencedMap<String, Tensor> withBias(SequencedMap<String, Tensor> views) {
        views.put(BIAS, Tensor.of(new float[] {bias}, 1));
        return views;
    }

    /**
     * The score of each answer.
     *
     * @param answers prompt and answer as one row of token ids, up to the end of turn
     */
    public double[] scores(List<int[]> answers) {
        double[] scores = new double[answers.size()];
        for (int start = 0; start < scores.length; start += BATCH) {
            List<int[]> batch = answers.subList(start, Math.min(start + BATCH, scores.length));
            float[][] values = network.scalars(sequences(batch));
            for (int i = 0; i < values.length; i++) {
                scores[start + i] = values[i][batch.get(i).length - 1] + bias;
            }
        }
        return scores;
    }

    /**
     * An independent copy whose scores have mean 0 and variance 1 where this model's have {@code mean} and
     * {@code deviation}: the gain goes into the head, the shift into the bias.
     */
    public RewardModel normalised(double mean, double deviation) {
        if (!Double.isFinite(mean) || !(deviation > 0)) {
            throw new IllegalArgumentException("scores with mean " + mean + " and deviation " + deviation
                    + " cannot be normalised; the deviation must be positive");
        }
        return new RewardModel(tuned.divided(deviation), (float) ((bias - mean) / deviation));
    }

    /** Whole rows as a batch in which no target counts: for the head, which reads every token. */
    public static Sequences sequences(List<int[]> rows) {
        int time = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        long[] ids = new long[rows.size() * time];
        long[] lengths = new long[rows.size()];
        long[] targets = new long[rows.size() * time];
        Arrays.fill(targets, Sequences.IGNORE);
        for (int b = 0; b < rows.size(); b++) {
            int[] row = rows.get(b);
            lengths[b] = row.length;
            for (int t = 0; t < row.length; t++) {
                ids[b * time + t] = row[t];
            }
        }
        return new Sequences(rows.size(), time, ids, lengths, targets);
    }

    @Override
    public void close() {
        tuned.close();
    }
}
