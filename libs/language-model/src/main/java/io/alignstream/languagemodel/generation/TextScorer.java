package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** How probable prepared weights find given texts: what a format of weights costs. For one thread. */
public final class TextScorer {

    private final PreparedWeights weights;

    /** Scores by {@code weights}, which stay the caller's. */
    public TextScorer(PreparedWeights weights) {
        this.weights = weights;
    }

    /** Natural log probability of all tokens of {@code text} but the first, each after those before it; two tokens or more. */
    public double logProbability(int... text) {
        double[] sum = {0};
        inBlocks(text, (call, in, begin, end) -> {
            in.add(call.create(
                    Arrays.stream(text, begin + 1, end + 1).asLongStream().toArray()));
            weights.shape(in);
            sum[0] += PreparedWeights.PROGRAM
                    .run(call, "log_probability", in)
                    .singletonOrThrow()
                    .toDoubleArray()[0];
        });
        return sum[0];
    }

    /**
     * Natural log probabilities of all token ids behind each token of {@code text} but the last, handed over one after the other.
     *
     * @param text two tokens or more
     * @param reader takes {@code [vocabularySize]}
     */
    public void logProbabilities(int[] text, Consumer<float[]> reader) {
        int ids = weights.config().vocabularySize();
        inBlocks(text, (call, in, begin, end) -> {
            weights.shape(in);
            float[] rows = PreparedWeights.PROGRAM
                    .run(call, "every_log_probability", in)
                    .singletonOrThrow()
                    .toFloatArray();
            for (int row = 0; row < end - begin; row++) {
                reader.accept(Arrays.copyOfRange(rows, row * ids, (row + 1) * ids));
            }
        });
    }

    /** What is asked of the tokens from {@code begin} to before {@code end}, once they are arguments. */
    @FunctionalInterface
    private interface Asked {
        void of(NDManager call, NDList in, int begin, int end);
    }

    private void inBlocks(int[] text, Asked asked) {
        if (text.length < 2 || text.length > weights.config().maxPositions()) {
            throw new IllegalArgumentException("a text of " + text.length + " tokens is not one of 2 to "
                    + weights.config().maxPositions());
        }
        int fed = text.length - 1;
        try (KeyValueCache cache = new KeyValueCache(weights.config(), fed)) {
            long[] blocks = LongStream.range(0, cache.blocks()).toArray();
            for (int begin = 0; begin < fed; begin += KeyValueCache.BLOCK) {
                int end = Math.min(fed, begin + KeyValueCache.BLOCK);
                try (NDManager call = TorchRuntime.get().newScope()) {
                    asked.of(call, arguments(call, text, begin, end, blocks, cache), begin, end);
                }
            }
        }
    }

    private NDList arguments(NDManager call, int[] text, int begin, int end, long[] blocks, KeyValueCache cache) {
        int count = end - begin;
        long[] rows = new long[count * 3];
        for (int i = 0; i < count; i++) {
            rows[i * 3] = text[begin + i];
            rows[i * 3 + 1] = begin + i;
        }
        NDList in = weights.arguments();
        in.add(call.create(rows, new Shape(count, 3)));
        in.add(TorchRuntime.settings(call)
                .create(new long[] {0, count, begin / KeyValueCache.BLOCK + 1, 1}, new Shape(1, 4)));
        in.add(call.create(blocks, new Shape(1, blocks.length)));
        cache.addTo(in);
        in.add(call.create(LongStream.range(0, count).toArray()));
        return in;
    }
}
