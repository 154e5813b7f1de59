package io.alignstream.rlhf;

/**
 * Moves β so that the KL of an answer stays near a target (Ziegler et al., arXiv 1909.08593): proportional, by at most
 * 20 % for each horizon of episodes.
 */
final class AdaptiveKl {

    private static final double LARGEST_ERROR = 0.2;

    private final RlhfConfig.KullbackLeibler config;
    private double coefficient;

    /** Continues with β at {@code coefficient}. */
    AdaptiveKl(RlhfConfig.KullbackLeibler config, double coefficient) {
        this.config = config;
        this.coefficient = coefficient;
    }

    double coefficient() {
        return coefficient;
    }

    /** Takes the mean KL of {@code episodes} answers, in nats each. */
    void observe(double kl, int episodes) {
        if (config.horizon() > 0) {
            double error = Math.clamp(kl / config.target() - 1, -LARGEST_ERROR, LARGEST_ERROR);
            coefficient *= 1 + error * episodes / config.horizon();
        }
    }
}
