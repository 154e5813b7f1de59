package io.alignstream.rlhf.gate;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A 95 % interval of a mean, by percentile bootstrap (Efron, 1979): what the mean would have been on other prompts of the
 * same kind.
 *
 * @param low 2.5 % of the resampled means are below
 * @param high 2.5 % of them are above
 */
record Interval(double low, double high) {

    private static final int RESAMPLES = 2_000;
    private static final double TAIL = 0.025;

    /** The interval of the mean of {@code values}, one for each prompt; a function of {@code seed}. NaN without values. */
    static Interval ofMean(double[] values, long seed) {
        if (values.length == 0) {
            return new Interval(Double.NaN, Double.NaN);
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] means = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            double sum = 0;
            for (int draw = 0; draw < values.length; draw++) {
                sum += values[random.nextInt(values.length)];
            }
            means[i] = sum / values.length;
        }
        Arrays.sort(means);
        int tail = (int) (TAIL * RESAMPLES);
        return new Interval(means[tail], means[RESAMPLES - 1 - tail]);
    }
}
