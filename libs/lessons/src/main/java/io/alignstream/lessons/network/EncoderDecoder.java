package io.alignstream.lessons.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * The transformer with encoder and decoder that translates one sequence of tokens into another (Vaswani and others 2017,
 * arXiv 1706.03762), with layer norms in front of each part rather than behind it (Xiong and others 2020, arXiv 2002.04745).
 *
 * <p>Both sides share one vocabulary, whose first ids are {@link #PADDING}, {@link #BEGIN} and {@link #END}; source, target and
 * output projection share the embedding. Positions are sines and cosines. Without dropout, label smoothing and beam search.
 * For one thread.
 */
public final class EncoderDecoder implements AutoCloseable {

    /** Fills up rows; nothing attends to it. */
    public static final int PADDING = 0;
    /** In front of what is written. */
    public static final int BEGIN = 1;
    /** Behind what is written. */
    public static final int END = 2;

    private static final int IGNORE = -100;
    /** Sentences that are translated at a time. */
    private static final int ROWS = 256;

    private static final TorchProgram PROGRAM = new TorchProgram(
            TorchProgram.resource(EncoderDecoder.class, "autograd.torchscript"),
            TorchProgram.resource(EncoderDecoder.class, "encoder-decoder.torchscript"));

    private final Sizes sizes;
    private final NDManager scope = TorchRuntime.get().newScope();
    private final NDArray positions;
    private final Parameters parameters;

    /**
     * Sizes.
     *
     * @param vocabulary number of token ids, with the three that are no words
     * @param width numbers in a state, a multiple of {@code heads} and of 2
     * @param layers of the encoder, and of the decoder
     * @param heads of each attention
     * @param longest tokens of a sentence, with {@link #BEGIN} or {@link #END}
     */
    public record Sizes(int vocabulary, int width, int layers, int heads, int longest) {

        public Sizes {
            if (vocabulary <= END || layers < 1 || longest < 1) {
                throw new IllegalArgumentException("vocabulary " + vocabulary + ", layers " + layers + " and longest "
                        + longest + " must be at least " + (END + 1) + ", 1 and 1");
            }
            if (heads < 1 || width < 1 || width % heads != 0 || width % 2 != 0) {
                throw new IllegalArgumentException(
                        "width " + width + " must be a multiple of heads " + heads + " and of 2");
            }
        }

        private SequencedMap<String, Shape> shapes() {
            SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
            shapes.put("embedding.weight", new Shape(vocabulary, width));
            for (String side : List.of("encoder.", "decoder.")) {
                for (int layer = 0; layer < layers; layer++) {
                    String name = side + layer + ".";
                    attention(shapes, name + "attention.");
                    if (side.equals("decoder.")) {
                        attention(shapes, name + "cross.");
                    }
                    norm(shapes, name + "inner.");
                    shapes.put(name + "inner.up.weight", new Shape(4L * width, width));
                    shapes.put(name + "inner.up.bias", new Shape(4L * width));
                    shapes.put(name + "inner.down.weight", new Shape(width, 4L * width));
                    shapes.put(name + "inner.down.bias", new Shape(width));
                }
                norm(shapes, side);
            }
            return shapes;
        }

        private void attention(SequencedMap<String, Shape> shapes, String name) {
            norm(shapes, name);
            for (String part : List.of("query", "key", "value", "output")) {
                shapes.put(name + part + ".weight", new Shape(width, width));
            }
        }

        private void norm(SequencedMap<String, Shape> shapes, String name) {
            shapes.put(name + "norm.weight", new Shape(width));
            shapes.put(name + "norm.bias", new Shape(width));
        }
    }

    /** A network with random weights: matrices by Glorot and Bengio (2010), the embedding N(0, 1/√width). */
    public EncoderDecoder(Sizes sizes, long seed) {
        this.sizes = sizes;
        SplittableRandom random = SeededRandom.of(seed, "encoder-decoder", 0);
        parameters = new Parameters(sizes.shapes(), (name, shape) -> initial(name, shape, random));
        positions = ArrayMemory.make(scope, new Shape(sizes.longest, sizes.width), values -> {
            for (int t = 0; t < sizes.longest; t++) {
                for (int i = 0; i < sizes.width; i += 2) {
                    double angle = t / StrictMath.pow(10_000, (double) i / sizes.width);
                    values.put((float) StrictMath.sin(angle)).put((float) StrictMath.cos(angle));
                }
            }
        });
    }

    private DoubleSupplier initial(String name, Shape shape, SplittableRandom random) {
        if (name.equals("embedding.weight")) {
            return Parameters.normal(random, 1 / Math.sqrt(sizes.width));
        }
        if (shape.dimension() == 2) {
            double bound = Math.sqrt(6.0 / (shape.get(0) + shape.get(1)));
            return () -> random.nextDouble(-bound, bound);
        }
        return () -> name.endsWith("norm.weight") ? 1 : 0;
    }

    /**
     * One step of AdamW towards {@code targets}, each the translation of the source at its place.
     *
     * @param sources words alone, one at least each
     * @param targets words alone
     * @return the mean loss before the step, in nats a token
     */
    public double step(List<int[]> sources, List<int[]> targets, double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = parameters.arguments();
            in.add(padded(call, sources, PADDING));
            in.add(padded(call, targets.stream().map(EncoderDecoder::begun).toList(), PADDING));
            in.add(padded(call, targets.stream().map(EncoderDecoder::ended).toList(), IGNORE));
            in.add(positions);
            in.add(size(call));
            return parameters.step(PROGRAM.run(call, "gradients", in), learningRate);
        }
    }

    /**
     * The most probable word after the other, until {@link #END} or as long as a sentence may be.
     *
     * @return words alone, a row for each source
     */
    public List<int[]> translate(List<int[]> sources) {
        List<int[]> translations = new ArrayList<>();
        for (int from = 0; from < sources.size(); from += ROWS) {
            translations.addAll(translatePart(sources.subList(from, Math.min(sources.size(), from + ROWS))));
        }
        return translations;
    }

    private List<int[]> translatePart(List<int[]> sources) {
        int count = sources.size();
        List<int[]> written = new ArrayList<>();
        sources.forEach(source -> written.add(new int[] {BEGIN}));
        boolean[] ended = new boolean[count];
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDArray source = padded(call, sources, PADDING);
            NDArray memory = run(call, "encode", source);
            for (int length = 1; length < sizes.longest && !all(ended); length++) {
                try (NDManager turn = TorchRuntime.get().newScope()) {
                    float[] words = run(turn, "decode", memory, source, padded(turn, written, PADDING))
                            .toFloatArray();
                    for (int b = 0; b < count; b++) {
                        int word = ended[b] ? PADDING : (int) words[b];
                        ended[b] |= word == END;
                        int[] row = Arrays.copyOf(written.get(b), length + 1);
                        row[length] = word;
                        written.set(b, row);
                    }
                }
            }
        }
        return written.stream().map(EncoderDecoder::words).toList();
    }

    /**
     * Where the decoder looks in {@code source} when it writes each word of {@code target}, and {@link #END}.
     *
     * @param source words alone
     * @param target words alone
     * @return {@code [layers][heads][target + 1][source]}, each row sums to 1
     */
    public float[][][][] crossAttention(int[] source, int[] target) {
        int[] begun = begun(target);
        try (NDManager call = TorchRuntime.get().newScope()) {
            float[] shares = run(
                            call,
                            "cross_attention",
                            padded(call, List.of(source), PADDING),
                            padded(call, List.of(begun), PADDING))
                    .toFloatArray();
            float[][][][] grid = new float[sizes.layers][sizes.heads][begun.length][];
            int at = 0;
            for (float[][][] layer : grid) {
                for (float[][] head : layer) {
                    for (int t = 0; t < head.length; t++) {
                        head[t] = Arrays.copyOfRange(shares, at, at + source.length);
                        at += source.length;
                    }
                }
            }
            return grid;
        }
    }

    /** Number of weights. */
    public long parameters() {
        return parameters.count();
    }

    /** The sha256 of all weights. */
    public String sha256() {
        return parameters.sha256();
    }

    private NDArray run(NDManager call, String method, NDArray... data) {
        NDList in = parameters.arguments();
        in.addAll(Arrays.asList(data));
        in.add(positions);
        in.add(size(call));
        return PROGRAM.run(call, method, in).singletonOrThrow();
    }

    private NDArray size(NDManager call) {
        return TorchRuntime.settings(call).create(new long[] {sizes.layers, sizes.heads});
    }

    private NDArray padded(NDManager call, List<int[]> rows, int filler) {
        int time = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        if (time < 1 || time > sizes.longest) {
            throw new IllegalArgumentException(
                    "a sentence of " + time + " tokens is none of 1 to " + sizes.longest + " tokens");
        }
        long[] ids = new long[rows.size() * time];
        Arrays.fill(ids, filler);
        for (int b = 0; b < rows.size(); b++) {
            for (int t = 0; t < rows.get(b).length; t++) {
                ids[b * time + t] = rows.get(b)[t];
            }
        }
        return call.create(ids, new Shape(rows.size(), time));
    }

    private static int[] begun(int[] words) {
        int[] row = new int[words.length + 1];
        row[0] = BEGIN;
        System.arraycopy(words, 0, row, 1, words.length);
        return row;
    }

    private static int[] ended(int[] words) {
        int[] row = Arrays.copyOf(words, words.length + 1);
        row[words.length] = END;
        return row;
    }

    /** Of a written row what stands between its beginning and its end. */
    private static int[] words(int[] row) {
        int end = 1;
        while (end < row.length && row[end] != END) {
            end++;
        }
        return Arrays.copyOfRange(row, 1, end);
    }

    private static boolean all(boolean... values) {
        for (boolean value : values) {
            if (!value) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        parameters.close();
        scope.close();
    }
}
