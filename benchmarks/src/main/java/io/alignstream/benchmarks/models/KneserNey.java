package io.alignstream.benchmarks.models;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An interpolated Kneser-Ney n-gram model over token ids (Kneser and Ney 1995; Chen and Goodman, TR-10-98), one discount
 * an order; not thread-safe.
 *
 * <p>The highest order counts occurrences, each lower one in how many contexts an n-gram is seen, and the lowest falls
 * back on equal chances. Sequences are independent: no context reaches over their ends. N-grams are known by a 64-bit
 * hash; that two of some millions share one is not to be expected.
 */
final class KneserNey {

    private final int order;
    private final int vocabulary;
    /** Of order k + 1: how often, or in how many contexts. */
    private final GramCounts[] grams;
    /** Which n-grams of order k + 1 occur at all. */
    private final GramCounts[] seen;
    /** Sum of the counts of a context, by its hash. */
    private final GramCounts[] totals;
    /** Different continuations of a context, by its hash. */
    private final GramCounts[] kinds;

    private double[] discounts = {};

    /**
     * An empty model.
     *
     * @param order tokens of the longest n-gram
     * @param vocabulary number of token ids
     */
    KneserNey(int order, int vocabulary) {
        this.order = order;
        this.vocabulary = vocabulary;
        this.grams = tables(order);
        this.seen = tables(order);
        this.totals = tables(order);
        this.kinds = tables(order);
    }

    private static GramCounts[] tables(int count) {
        return Stream.generate(GramCounts::new).limit(count).toArray(GramCounts[]::new);
    }

    /** Counts all sequences; call it once. */
    KneserNey train(List<int[]> sequences) {
        for (int[] sequence : sequences) {
            for (int end = 1; end <= sequence.length; end++) {
                for (int n = 1; n <= Math.min(order, end); n++) {
                    boolean isNew = seen[n - 1].increment(hash(sequence, end - n, end)) == 0;
                    if (n == order) {
                        count(n, sequence, end);
                    }
                    // A new n-gram is one more context for the (n - 1)-gram that it ends with.
                    if (isNew && n > 1) {
                        count(n - 1, sequence, end);
                    }
                }
            }
        }
        discounts = IntStream.range(0, order)
                .mapToDouble(k -> discount(grams[k].withCount(1), grams[k].withCount(2)))
                .toArray();
        return this;
    }

    private void count(int n, int[] sequence, int end) {
        boolean isNew = grams[n - 1].increment(hash(sequence, end - n, end)) == 0;
        long context = hash(sequence, end - n, end - 1);
        totals[n - 1].increment(context);
        if (isNew) {
            kinds[n - 1].increment(context);
        }
    }

    private static double discount(double once, double twice) {
        return once == 0 ? 0.5 : once / (once + 2 * twice);
    }

    /** Probability of the token at {@code at} after those before it. */
    double probability(int[] sequence, int at) {
        double probability = 1.0 / vocabulary;
        for (int n = 1; n <= Math.min(order, at + 1); n++) {
            long context = hash(sequence, at + 1 - n, at);
            double total = totals[n - 1].get(context);
            if (total > 0) {
                double count = grams[n - 1].get(hash(sequence, at + 1 - n, at + 1));
                double discount = discounts[n - 1];
                double rest = discount * kinds[n - 1].get(context) / total;
                probability = Math.max(count - discount, 0) / total + rest * probability;
            }
        }
        return probability;
    }

    /** Distinct n-grams of all orders. */
    long size() {
        long size = 0;
        for (GramCounts table : seen) {
            size += table.size();
        }
        return size;
    }

    private static long hash(int[] sequence, int from, int to) {
        long hash = 0x9E3779B97F4A7C15L + (to - from);
        for (int i = from; i < to; i++) {
            hash = (hash ^ sequence[i] + 1) * 0xBF58476D1CE4E5B9L;
            hash ^= hash >>> 29;
        }
        return hash;
    }
}
