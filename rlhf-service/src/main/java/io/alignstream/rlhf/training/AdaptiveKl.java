package io.alignstream.rlhf.training;

/**
 * Moves β so that the KL of an answer stays near a target (Ziegler et al., arXiv 1909.08593): proportional, by at most
 * 20 % for each horizon of episodes.
 */
final class AdaptiveKl {

    private static final double LARGEST_ERROR = 0.2;

    private final RlhfSettings.KullbackLeibler settings;
    private double coefficient;

    /** Continues with β at {@code coefficient}. */
    AdaptiveKl(RlhfSettings.KullbackLeibler settings, double coefficient) {
        this.settings = settings;
        this.coefficient = coefficient;
    }

    double coefficient() {
        return coefficient;
    }

    /** Takes the mean KL of {@code episodes} answers, in nats each. */
    void observe(double kl, int episodes) {
        if (settings.horizon() > 0) {
            double error = Math.clamp(kl / settings.target() - 1, -LARGEST_ERROR, LARGEST_ERROR);
            coefficient *= 1 + error * episodes / settings.horizon();
        }
    }
}
