package io.alignstream.local.lessons.learning;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A classifier head: multinomial logistic regression on vectors, by gradient descent with momentum on all examples at once.
 * Immutable.
 */
final class Softmax {

    private static final int STEPS = 200;
    private static final double RATE = 0.5;
    private static final double MOMENTUM = 0.9;
    /** Of the squares of the weights: what keeps few examples from being learned by heart. */
    private static final double DECAY = 1e-3;

    private final double[][] weights;

    private Softmax(double[][] weights) {
        this.weights = weights;
    }

    /**
     * Learns {@code labels} of {@code vectors}; {@code chosen} are the examples that are shown, by their numbers.
     *
     * @param classes number of labels
     */
    static Softmax learn(float[][] vectors, int[] labels, int[] chosen, int classes) {
        int width = vectors[0].length;
        double[][] weights = new double[classes][width + 1];
        double[][] speed = new double[classes][width + 1];
        for (int step = 0; step < STEPS; step++) {
            double[][] gradient = new double[classes][width + 1];
            for (int example : chosen) {
                double[] chances = chances(weights, vectors[example]);
                chances[labels[example]] -= 1;
                for (int k = 0; k < classes; k++) {
                    double share = chances[k] / chosen.length;
                    double[] row = gradient[k];
                    float[] vector = vectors[example];
                    for (int i = 0; i < width; i++) {
                        row[i] += share * vector[i];
                    }
                    row[width] += share;
                }
            }
            for (int k = 0; k < classes; k++) {
                for (int i = 0; i <= width; i++) {
                    double slope = gradient[k][i] + (i < width ? DECAY * weights[k][i] : 0);
                    speed[k][i] = MOMENTUM * speed[k][i] - RATE * slope;
                    weights[k][i] += speed[k][i];
                }
            }
        }
        return new Softmax(weights);
    }

    /** The probability of each label. */
    double[] chances(float... vector) {
        return chances(weights, vector);
    }

    /** The most probable label. */
    int label(float... vector) {
        double[] chances = chances(vector);
        return IntStream.range(0, chances.length)
                .reduce((one, other) -> chances[other] > chances[one] ? other : one)
                .orElseThrow();
    }

    private static double[] chances(double[][] weights, float... vector) {
        double[] chances = new double[weights.length];
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < weights.length; k++) {
            double sum = weights[k][vector.length];
            for (int i = 0; i < vector.length; i++) {
                sum += weights[k][i] * vector[i];
            }
            chances[k] = sum;
            most = Math.max(most, sum);
        }
        double total = 0;
        for (int k = 0; k < chances.length; k++) {
            chances[k] = StrictMath.exp(chances[k] - most);
            total += chances[k];
        }
        double all = total;
        Arrays.setAll(chances, k -> chances[k] / all);
        return chances;
    }
}
