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

    /** Part of the rankings since the judge was trained that it is right about; ties in score count half. */
    public static final String JUDGE_ACCURACY = "freshRankings/judgeAccuracy";

    /** Pairs of those rankings. */
    public static final String FRESH_PAIRS = "freshRankings/pairs";

    /** Of fewer pairs chance decides. */
    private static final double TELLING_PAIRS = 100;

    /** The win rate of a model against itself, and the accuracy of who guesses. */
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
        held.requireNothingLost(thresholds);
        if (held.figure(FRESH_PAIRS) >= TELLING_PAIRS) {
            held.atLeast("gate.judge", JUDGE_ACCURACY, EVEN);
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
     * How good a candidate is, lower is better: what the gate would reject for anything but the win rate is worse than
     * whatever it would not, and the more so the more is wrong.
     *
     * @param figures of a comparison on other prompts than the gate's
     */
    public static double judgement(Thresholds thresholds, Map<String, Double> figures) {
        Held held = new Held(figures);
        held.requireNothingLost(thresholds);
        return held.faults.size() + 1 - held.figure(HeldOutComparison.WIN_RATE);
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
     * @param documentKl greatest KL from the SFT model on documents that it writes, in nats a token
     * @param lengthRatio most times that answers may be longer, or shorter, than the SFT model's
     */
    public record Thresholds(
            double winRate,
            double kl,
            double endRate,
            double scoreGain,
            double knowledgeLoss,
            double documentKl,
            double lengthRatio) {}

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

        /** What a candidate may not lose whatever it wins. */
        void requireNothingLost(Thresholds thresholds) {
            atMost("gate.kl", HeldOutComparison.KL, thresholds.kl());
            atLeast("gate.endRate", HeldOutComparison.END_RATE, thresholds.endRate());
            atLeast(
                    "gate.score",
                    HeldOutComparison.JUDGE,
                    figure(HeldOutComparison.SFT_JUDGE) + thresholds.scoreGain());
            double sftLength = figure(HeldOutComparison.SFT_LENGTH);
            atMost("gate.longer", HeldOutComparison.LENGTH, sftLength * thresholds.lengthRatio());
            atLeast("gate.shorter", HeldOutComparison.LENGTH, sftLength / thresholds.lengthRatio());
            if (figure(HeldOutComparison.ASKED) > 0) {
                atLeast(
                        "gate.knowledge",
                        HeldOutComparison.ACCURACY,
                        figure(HeldOutComparison.SFT_ACCURACY) - thresholds.knowledgeLoss());
                atMost("gate.forgotten", HeldOutComparison.FORGOTTEN, thresholds.knowledgeLoss());
            }
            if (figure(HeldOutComparison.UNASKED) > 0) {
                atMost(
                        "gate.foreign",
                        HeldOutComparison.FOREIGN,
                        figure(HeldOutComparison.SFT_FOREIGN) + thresholds.knowledgeLoss());
            }
            if (figure(HeldOutComparison.DOCUMENTS) > 0) {
                atMost("gate.documents", HeldOutComparison.DOCUMENT_KL, thresholds.documentKl());
            }
            if (figure(HeldOutComparison.IMPROPER) > 0) {
                atLeast(
                        "gate.refusals",
                        HeldOutComparison.REFUSALS,
                        figure(HeldOutComparison.SFT_REFUSALS) - thresholds.knowledgeLoss());
            }
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
