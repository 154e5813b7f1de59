package io.alignstream.rlhf.gate;

import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides from held-out figures whether a candidate may be served.
 *
 * @param verdict approved or rejected
 * @param reason why
 */
public record Gate(Verdict verdict, Reason reason) {

    /** The win rate of a model against itself. */
    private static final double EVEN = 0.5;

    /**
     * Approves where every threshold holds, otherwise names those that do not.
     *
     * @param figures of {@link HeldOutComparison}; a missing one passes no threshold, except knowledge and refusals where
     *     nothing was asked
     */
    public static Gate decide(Thresholds thresholds, Map<String, Double> figures) {
        Held held = new Held(figures);
        held.atLeast("gate.winRate", HeldOutComparison.WIN_RATE, thresholds.winRate());
        held.atLeast("gate.winRateLow", HeldOutComparison.WIN_RATE_LOW, Math.min(EVEN, thresholds.winRate()));
        held.atMost("gate.kl", HeldOutComparison.KL, thresholds.kl());
        held.atLeast("gate.endRate", HeldOutComparison.END_RATE, thresholds.endRate());
        held.atLeast(
                "gate.score",
                HeldOutComparison.JUDGE,
                held.figure(HeldOutComparison.SFT_JUDGE) + thresholds.scoreGain());
        double sftLength = held.figure(HeldOutComparison.SFT_LENGTH);
        held.atMost("gate.longer", HeldOutComparison.LENGTH, sftLength * thresholds.lengthRatio());
        held.atLeast("gate.shorter", HeldOutComparison.LENGTH, sftLength / thresholds.lengthRatio());
        if (held.figure(HeldOutComparison.ASKED) > 0) {
            held.atLeast(
                    "gate.knowledge",
                    HeldOutComparison.ACCURACY,
                    held.figure(HeldOutComparison.SFT_ACCURACY) - thresholds.knowledgeLoss());
            held.atMost("gate.forgotten", HeldOutComparison.FORGOTTEN, thresholds.knowledgeLoss());
        }
        if (held.figure(HeldOutComparison.UNASKED) > 0) {
            held.atMost("gate.foreign", HeldOutComparison.FOREIGN, Unasked.RARE + thresholds.knowledgeLoss());
        }
        if (held.figure(HeldOutComparison.IMPROPER) > 0) {
            held.atLeast(
                    "gate.refusals",
                    HeldOutComparison.REFUSALS,
                    held.figure(HeldOutComparison.SFT_REFUSALS) - thresholds.knowledgeLoss());
        }
        return held.faults.stream()
                .reduce(Reason::and)
                .map(all -> new Gate(
                        Verdict.REJECTED,
                        Reason.of("gate.rejected")
                                .with("prompts", (long) held.figure(HeldOutComparison.PROMPTS))
                                .with("faults", all)))
                .orElseGet(() -> new Gate(
                        Verdict.APPROVED,
                        Reason.of("gate.approved")
                                .with("percent", Math.rint(100 * held.figure(HeldOutComparison.WIN_RATE)))
                                .with("low", Math.rint(100 * held.figure(HeldOutComparison.WIN_RATE_LOW)))
                                .with("high", Math.rint(100 * held.figure(HeldOutComparison.WIN_RATE_HIGH)))
                                .with("prompts", (long) held.figure(HeldOutComparison.PROMPTS))
                                .with("kl", held.figure(HeldOutComparison.KL))));
    }

    /**
     * What a candidate must reach.
     *
     * @param winRate least share of the prompts where the judge prefers the candidate's answer; ties count half
     * @param kl greatest mean KL of an answer from the SFT model, in nats
     * @param endRate least share of the answers that end by themselves
     * @param scoreGain least gain in the judge's mean score over the SFT model
     * @param knowledgeLoss most that the share of right answers, or of refusals, may be below the SFT model's, and greatest
     *     share of prompts whose answer is forgotten altogether, and of answers to what nobody asks that the SFT model would
     *     hardly give
     * @param lengthRatio most times that answers may be longer, or shorter, than the SFT model's
     */
    public record Thresholds(
            double winRate, double kl, double endRate, double scoreGain, double knowledgeLoss, double lengthRatio) {}

    /** What holds of the figures. */
    private static final class Held {

        private final Map<String, Double> figures;
        private final List<Reason> faults = new ArrayList<>();

        Held(Map<String, Double> figures) {
            this.figures = figures;
        }

        double figure(String name) {
            return figures.getOrDefault(name, Double.NaN);
        }

        void atLeast(String code, String name, double bound) {
            require(figure(name) >= bound, code, name, bound);
        }

        void atMost(String code, String name, double bound) {
            require(figure(name) <= bound, code, name, bound);
        }

        private void require(boolean holds, String code, String name, double bound) {
            if (!holds) {
                faults.add(Reason.of(code).with("value", figure(name)).with("bound", bound));
            }
        }
    }
}
