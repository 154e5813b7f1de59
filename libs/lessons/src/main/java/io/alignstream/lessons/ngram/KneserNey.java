package io.alignstream.lessons.ngram;

import io.alignstream.lessons.model.LanguageModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An n-gram model over token ids with interpolated, modified Kneser-Ney smoothing (Chen and Goodman, TR-10-98, section 3;
 * after Kneser and Ney 1995): three discounts an order, for what was seen once, twice and more often. Not thread-safe.
 *
 * <p>The highest order counts occurrences, each lower one in how many contexts an n-gram is seen, and the lowest falls
 * back on equal chances. Sequences are independent: no context reaches over their ends. N-grams are known by a 64-bit
 * hash; that two of some millions share one is not to be expected.
 */
public final class KneserNey implements LanguageModel {

    /** Counts from which on the discount is the same. */
    private static final int MANY = 3;

    private final int order;
    private final int vocabulary;
    /** Of order k + 1: how often, or in how many contexts. */
    private final GramCounts[] grams;
    /** Which n-grams of order k + 1 occur at all. */
    private final GramCounts[] seen;
    /** Sum of the counts of a context, by its hash. */
    private final GramCounts[] totals;
    /** How many different continuations of a context have a count of 1, 2, 3 at least, by its hash. */
    private final GramCounts[][] kinds;

    /** Of order k + 1, of counts of 1, 2, 3 and more. */
    private double[][] discounts = {};

    /**
     * An empty model.
     *
     * @param order tokens of the longest n-gram, 1 or more
     * @param vocabulary number of token ids
     */
    public KneserNey(int order, int vocabulary) {
        if (order < 1 || vocabulary < 1) {
            throw new IllegalArgumentException(
                    "order " + order + " and vocabulary " + vocabulary + " must be at least 1");
        }
        this.order = order;
        this.vocabulary = vocabulary;
        this.grams = tables(order);
        this.seen = tables(order);
        this.totals = tables(order);
        this.kinds = Stream.generate(() -> tables(MANY)).limit(order).toArray(GramCounts[][]::new);
    }

    private static GramCounts[] tables(int count) {
        return Stream.generate(GramCounts::new).limit(count).toArray(GramCounts[]::new);
    }

    /** Counts all sequences; call it once. */
    public KneserNey train(List<int[]> sequences) {
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
                .mapToObj(k -> discounts(IntStream.rangeClosed(1, MANY + 1)
                        .mapToLong(grams[k]::withCount)
                        .toArray()))
                .toArray(double[][]::new);
        return this;
    }

    private void count(int n, int[] sequence, int end) {
        int before = grams[n - 1].increment(hash(sequence, end - n, end));
        long context = hash(sequence, end - n, end - 1);
        totals[n - 1].increment(context);
        if (before < MANY) {
            kinds[n - 1][before].increment(context);
        }
    }

    /**
     * What is taken from a count of 1, 2, 3 and more.
     *
     * @param having how many n-grams have a count of exactly 1, 2, 3, 4
     */
    static double[] discounts(long... having) {
        double once = having[0];
        double twice = having[1];
        double y = once == 0 ? 0.5 : once / (once + 2 * twice);
        double[] result = new double[MANY];
        for (int k = 1; k <= MANY; k++) {
            // Too few n-grams to estimate it from: the one discount of unmodified Kneser-Ney.
            double estimate = having[k - 1] == 0 ? y : k - (k + 1) * y * having[k] / having[k - 1];
            result[k - 1] = Math.clamp(estimate, 0, k);
        }
        return result;
    }

    /** Probability of the token at {@code at} after those before it. */
    public double probability(int[] sequence, int at) {
        double probability = 1.0 / vocabulary;
        for (int n = 1; n <= Math.min(order, at + 1); n++) {
            long context = hash(sequence, at + 1 - n, at);
            double total = totals[n - 1].get(context);
            if (total > 0) {
                int count = grams[n - 1].get(hash(sequence, at + 1 - n, at + 1));
                double[] discount = discounts[n - 1];
                double taken = count == 0 ? 0 : discount[Math.min(count, MANY) - 1];
                probability = (count - taken) / total + rest(n, context) / total * probability;
            }
        }
        return probability;
    }

    /** What the discounts take from a context's counts. */
    private double rest(int n, long context) {
        double rest = 0;
        for (int k = 0; k < MANY; k++) {
            int more = k + 1 < MANY ? kinds[n - 1][k + 1].get(context) : 0;
            rest += discounts[n - 1][k] * (kinds[n - 1][k].get(context) - more);
        }
        return rest;
    }

    /** Distinct n-grams of all orders. */
    @Override
    public long parameters() {
        long size = 0;
        for (GramCounts table : seen) {
            size += table.size();
        }
        return size;
    }

    @Override
    public float[][] logProbabilities(List<int[]> rows) {
        float[][] logs = new float[rows.size()][];
        for (int b = 0; b < logs.length; b++) {
            int[] row = rows.get(b);
            logs[b] = new float[row.length - 1];
            for (int t = 1; t < row.length; t++) {
                logs[b][t - 1] = (float) Math.log(probability(row, t));
            }
        }
        return logs;
    }

    @Override
    public float[] next(int... context) {
        int[] row = Arrays.copyOf(context, context.length + 1);
        float[] logs = new float[vocabulary];
        for (int token = 0; token < vocabulary; token++) {
            row[context.length] = token;
            logs[token] = (float) Math.log(probability(row, context.length));
        }
        return logs;
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
