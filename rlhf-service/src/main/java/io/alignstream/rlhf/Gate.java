package io.alignstream.rlhf;

import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides from held-out figures whether a candidate may be served.
 *
 * @param verdict approved or rejected
 * @param reason why
 */
record Gate(Verdict verdict, Reason reason) {

    /** Approves where every threshold holds, otherwise names those that do not. */
    static Gate decide(RlhfSettings.GateThresholds thresholds, HeldOutComparison.Figures figures) {
        List<Reason> faults = new ArrayList<>();
        if (!(figures.winRate() >= thresholds.winRate())) {
            faults.add(fault("gate.winRate", figures.winRate(), thresholds.winRate()));
        }
        if (!(figures.kl() <= thresholds.kl())) {
            faults.add(fault("gate.kl", figures.kl(), thresholds.kl()));
        }
        if (!(figures.endRate() >= thresholds.endRate())) {
            faults.add(fault("gate.endRate", figures.endRate(), thresholds.endRate()));
        }
        if (!(figures.score() - figures.sftScore() >= thresholds.rewardGain())) {
            faults.add(fault("gate.score", figures.score(), thresholds.rewardGain())
                    .with("sft", figures.sftScore()));
        }
        return faults.stream()
                .reduce(Reason::and)
                .map(all -> new Gate(
                        Verdict.REJECTED,
                        Reason.of("gate.rejected")
                                .with("prompts", figures.prompts())
                                .with("faults", all)))
                .orElseGet(() -> new Gate(
                        Verdict.APPROVED,
                        Reason.of("gate.approved")
                                .with("percent", Math.rint(100 * figures.winRate()))
                                .with("prompts", figures.prompts())
                                .with("kl", figures.kl())
                                .with("score", figures.score())
                                .with("sft", figures.sftScore())));
    }

    private static Reason fault(String code, double value, double bound) {
        return Reason.of(code).with("value", value).with("bound", bound);
    }
}
