package io.alignstream.training.card;

import java.util.ArrayList;
import java.util.List;

/**
 * How far probabilities of answers can be believed: the reliability diagram and the expected calibration error of <a
 * href="https://arxiv.org/abs/1706.04599">Guo and others (2017)</a>, with bins of equal width.
 *
 * @param answers that were counted
 * @param expectedError mean distance of confidence and accuracy over the bins, weighted by their answers, 0 to 1
 * @param bins those with answers, the least probable first
 */
public record Calibration(int answers, double expectedError, List<Bin> bins) {

    static final int BINS = 10;

    public Calibration {
        bins = List.copyOf(bins);
    }

    /**
     * Answers with probabilities in a range.
     *
     * @param from least probability
     * @param to greatest
     * @param confidence mean probability
     * @param accuracy share of right answers
     */
    public record Bin(double from, double to, int answers, double confidence, double accuracy) {}

    /**
     * Of answers with their probabilities.
     *
     * @param confidences {@code [answers]}, 0 to 1
     * @param right {@code [answers]}
     */
    public static Calibration of(double[] confidences, boolean[] right) {
        if (confidences.length != right.length) {
            throw new IllegalArgumentException(
                    "there are " + confidences.length + " probabilities of " + right.length + " answers");
        }
        int[] counts = new int[BINS];
        int[] hits = new int[BINS];
        double[] sums = new double[BINS];
        for (int i = 0; i < confidences.length; i++) {
            if (!(confidences[i] >= 0 && confidences[i] <= 1)) {
                throw new IllegalArgumentException("a probability is " + confidences[i] + " but must lie in 0 to 1");
            }
            int bin = Math.min(BINS - 1, (int) (confidences[i] * BINS));
            counts[bin]++;
            hits[bin] += right[i] ? 1 : 0;
            sums[bin] += confidences[i];
        }
        List<Bin> bins = new ArrayList<>();
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            if (counts[bin] > 0) {
                double confidence = sums[bin] / counts[bin];
                double accuracy = (double) hits[bin] / counts[bin];
                error += Math.abs(confidence - accuracy) * counts[bin] / confidences.length;
                bins.add(new Bin((double) bin / BINS, (bin + 1.0) / BINS, counts[bin], confidence, accuracy));
            }
        }
        return new Calibration(confidences.length, error, bins);
    }
}
