package io.alignstream.rlhf;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parents and newest figures, for the dashboard.
 *
 * @param sft sha256 of the newest SFT model, null if there is none
 * @param reward sha256 of the newest reward model made of it, null if there is none
 * @param prompts events of the topic
 * @param newest figures of the running or last run; those that are not known yet are null
 */
public record RlhfFigures(@Nullable String sft, @Nullable String reward, long prompts, Newest newest) {

    private static final List<String> PHASES = List.of("", " (gate)", " (ppo)");

    static final RlhfFigures NONE = new RlhfFigures(null, null, 0, Newest.of(Map.of()));

    /**
     * Where the policy stands.
     *
     * @param kl from the SFT model, summed over an answer's tokens, in nats
     * @param score of the reward model
     * @param winRate against the SFT model on held-out prompts
     * @param klCoefficient β
     * @param clipFraction part of the tokens whose probability ratio was clipped
     * @param endRate part of the answers that end by themselves
     */
    public record Newest(
            @Nullable Double kl,
            @Nullable Double score,
            @Nullable Double winRate,
            @Nullable Double klCoefficient,
            @Nullable Double clipFraction,
            @Nullable Double endRate) {

        /** The last point of each chart; a metric of several phases has a chart for each, the last phase counts. */
        static Newest of(Map<String, List<double[]>> charts) {
            return new Newest(
                    last(charts, "objective/kl"),
                    last(charts, "objective/scores"),
                    last(charts, "winRate"),
                    last(charts, "klCoefficient"),
                    last(charts, "policy/clipfrac_avg"),
                    last(charts, "endRate"));
        }

        private static @Nullable Double last(Map<String, List<double[]>> charts, String metric) {
            for (String phase : PHASES) {
                List<double[]> points = charts.get(metric + phase);
                if (points != null && !points.isEmpty()) {
                    return points.getLast()[1];
                }
            }
            return null;
        }
    }

    RlhfFigures with(Newest now) {
        return new RlhfFigures(sft, reward, prompts, now);
    }
}
