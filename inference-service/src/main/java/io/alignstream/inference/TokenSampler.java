package io.alignstream.inference;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Draws one token from logits by temperature and nucleus (top-p); for one thread. */
final class TokenSampler {

    private final double temperature;
    private final double topP;
    private final RandomGenerator random;

    TokenSampler(double temperature, double topP, RandomGenerator random) {
        this.temperature = temperature;
        this.topP = topP;
        this.random = random;
    }

    /**
     * The next token's id.
     *
     * @param logits {@code [vocabulary]}, of which only the first {@code count} are candidates
     */
    int next(float[] logits, int count) {
        int best = mostProbable(logits, count);
        if (temperature == 0) {
            return best;
        }
        double[] weights = new double[count];
        double total = 0;
        for (int id = 0; id < count; id++) {
            weights[id] = Math.exp((logits[id] - logits[best]) / temperature);
            total += weights[id];
        }
        return topP < 1 ? nucleus(weights, total) : draw(weights, total);
    }

    private static int mostProbable(float[] logits, int count) {
        int best = 0;
        for (int id = 0; id < count; id++) {
            if (!Float.isFinite(logits[id])) {
                throw new IllegalStateException("the model's logit of token " + id + " is " + logits[id]);
            }
            best = logits[id] > logits[best] ? id : best;
        }
        return best;
    }

    private int draw(double[] weights, double total) {
        double threshold = random.nextDouble() * total;
        int id = 0;
        for (double sum = weights[0]; sum <= threshold && id < weights.length - 1; sum += weights[id]) {
            id++;
        }
        return id;
    }

    /** Draws among the most probable tokens that together reach {@code topP}; the first one always counts. */
    private int nucleus(double[] weights, double total) {
        long[] order = new long[weights.length]; // descending weight, then ascending id
        for (int id = 0; id < order.length; id++) {
            int rank = Integer.MAX_VALUE - Float.floatToIntBits((float) weights[id]);
            order[id] = (long) rank << 32 | id;
        }
        Arrays.sort(order);
        int size = 0;
        double sum = 0;
        do {
            sum += weights[(int) order[size++]];
        } while (size < order.length && sum < topP * total);
        double[] kept = new double[size];
        for (int i = 0; i < size; i++) {
            kept[i] = weights[(int) order[i]];
        }
        return (int) order[draw(kept, sum)];
    }
}
