package io.alignstream.rlhf;

import java.util.Arrays;
import java.util.List;

/** Shifts and scales numbers to mean 0 and variance 1. */
record Whitening(double mean, double deviation) {

    private static final double EPSILON = 1e-8;

    /** The whitening of all entries of {@code parts} together. */
    static Whitening of(List<double[]> parts) {
        double mean = parts.stream().flatMapToDouble(Arrays::stream).average().orElse(0);
        double variance = parts.stream()
                .flatMapToDouble(Arrays::stream)
                .map(x -> (x - mean) * (x - mean))
                .average()
                .orElse(0);
        return new Whitening(mean, Math.sqrt(variance + EPSILON));
    }

    double[] apply(double[] values) {
        return Arrays.stream(values).map(x -> (x - mean) / deviation).toArray();
    }
}
