package io.alignstream.rlhf.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What policy and critic are trained towards on a minibatch, {@code [batch][time]} each.
 *
 * @param logs log probabilities under the policy before its update
 * @param values the critic's before its update
 * @param advantages whitened over all tokens of the batch
 * @param returns advantages, not whitened, plus values
 */
record Targets(float[][] logs, float[][] values, float[][] advantages, float[][] returns) {

    /** Those of each minibatch of a batch. */
    static List<Targets> of(List<Minibatch> batch, double klCoefficient, double gamma, double lambda) {
        List<List<double[]>> advantages = batch.stream()
                .map(part -> part.episodes().stream()
                        .map(episode -> episode.advantages(klCoefficient, gamma, lambda))
                        .toList())
                .toList();
        Whitening whitening =
                Whitening.of(advantages.stream().flatMap(List::stream).toList());
        List<Targets> targets = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            targets.add(of(batch.get(i), advantages.get(i), whitening));
        }
        return targets;
    }

    private static Targets of(Minibatch part, List<double[]> advantages, Whitening whitening) {
        List<double[]> returns = new ArrayList<>();
        for (int b = 0; b < part.episodes().size(); b++) {
            double[] values = part.episodes().get(b).values();
            double[] advantage = advantages.get(b);
            double[] sum = new double[values.length];
            Arrays.setAll(sum, t -> values[t] + advantage[t]);
            returns.add(sum);
        }
        return new Targets(
                part.grid(part.episodes().stream().map(Episode::logs).toList()),
                part.grid(part.episodes().stream().map(Episode::values).toList()),
                part.grid(advantages.stream().map(whitening::apply).toList()),
                part.grid(returns));
    }

    /** Shifts and scales numbers to mean 0 and variance 1. */
    record Whitening(double mean, double deviation) {

        private static final double EPSILON = 1e-8;

        /** The whitening of all entries of {@code parts} together. */
        static Whitening of(List<double[]> parts) {
            double mean =
                    parts.stream().flatMapToDouble(Arrays::stream).average().orElse(0);
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
}
