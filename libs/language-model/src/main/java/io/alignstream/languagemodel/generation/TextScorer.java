package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.torch.TorchRuntime;

/** How probable prepared weights find given texts: what a format of weights costs. For one thread. */
public final class TextScorer {

    private final PreparedWeights weights;

    /** Scores by {@code weights}, which stay the caller's. */
    public TextScorer(PreparedWeights weights) {
        this.weights = weights;
    }

    /** Natural log probability of all tokens of {@code text} but the first, each after those before it; two tokens or more. */
    public double logProbability(int... text) {
        if (text.length < 2 || text.length > weights.config().maxPositions()) {
            throw new IllegalArgumentException("a text of " + text.length + " tokens is not one of 2 to "
                    + weights.config().maxPositions());
        }
        int fed = text.length - 1;
        double sum = 0;
        try (KeyValueCache cache = new KeyValueCache(weights.config(), fed)) {
            long[] blocks = new long[cache.blocks()];
            for (int block = 0; block < blocks.length; block++) {
                blocks[block] = block;
            }
            for (int begin = 0; begin < fed; begin += KeyValueCache.BLOCK) {
                sum += block(text, begin, Math.min(fed, begin + KeyValueCache.BLOCK), blocks, cache);
            }
        }
        return sum;
    }

    private double block(int[] text, int begin, int end, long[] blocks, KeyValueCache cache) {
        int count = end - begin;
        long[] rows = new long[count * 3];
        long[] last = new long[count];
        long[] targets = new long[count];
        for (int i = 0; i < count; i++) {
            rows[i * 3] = text[begin + i];
            rows[i * 3 + 1] = begin + i;
            last[i] = i;
            targets[i] = text[begin + i + 1];
        }
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = weights.arguments();
            in.add(call.create(rows, new Shape(count, 3)));
            in.add(TorchRuntime.settings(call)
                    .create(new long[] {0, count, begin / KeyValueCache.BLOCK + 1, 1}, new Shape(1, 4)));
            in.add(call.create(blocks, new Shape(1, blocks.length)));
            cache.addTo(in);
            in.add(call.create(last));
            in.add(call.create(targets));
            weights.shape(in);
            return PreparedWeights.PROGRAM
                    .run(call, "log_probability", in)
                    .singletonOrThrow()
                    .toDoubleArray()[0];
        }
    }
}
