package io.alignstream.rlhf;

import io.alignstream.contracts.ModelRelease.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Decides from held-out figures whether a candidate may be served.
 *
 * @param verdict approved or rejected
 * @param reason one sentence for people
 */
record Gate(Verdict verdict, String reason) {

    /** Approves where every threshold holds, otherwise names those that do not. */
    static Gate decide(RlhfConfig.GateThresholds thresholds, HeldOutComparison.Figures figures) {
        List<String> faults = new ArrayList<>();
        if (!(figures.winRate() >= thresholds.winRate())) {
            faults.add(fault("win rate", figures.winRate(), "below", thresholds.winRate()));
        }
        if (!(figures.kl() <= thresholds.kl())) {
            faults.add(fault("KL", figures.kl(), "above", thresholds.kl()));
        }
        if (!(figures.endRate() >= thresholds.endRate())) {
            faults.add(fault("end rate", figures.endRate(), "below", thresholds.endRate()));
        }
        if (!(figures.score() - figures.sftScore() >= thresholds.rewardGain())) {
            faults.add(fault(
                    "mean reward",
                    figures.score(),
                    "below the SFT model's " + three(figures.sftScore()) + " plus",
                    thresholds.rewardGain()));
        }
        if (faults.isEmpty()) {
            return new Gate(
                    Verdict.APPROVED,
                    String.format(
                            Locale.ROOT,
                            "better than the SFT model on %.0f %% of %d held-out prompts, KL %.2f nats, mean reward"
                                    + " %.2f instead of %.2f",
                            100 * figures.winRate(),
                            figures.prompts(),
                            figures.kl(),
                            figures.score(),
                            figures.sftScore()));
        }
        return new Gate(Verdict.REJECTED, "on " + figures.prompts() + " held-out prompts " + String.join(", ", faults));
    }

    private static String fault(String figure, double value, String relation, double bound) {
        return figure + " " + three(value) + " is " + relation + " " + three(bound);
    }

    private static String three(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
