package io.alignstream.rlhf.guard;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.rlhf.gate.HeldOutComparison;
import java.util.List;
import java.util.Optional;

/**
 * The reward rises while the judge's score goes down (Gao et al., arXiv 2210.10760): the policy no longer gets better but
 * finds out what the reward model is wrong about.
 *
 * @param comparisons in a row that must say so, at least 1
 * @param judgeLoss how far below its best the judge's score is in each of them, at least 0
 */
record OverOptimisation(int comparisons, double judgeLoss) implements Signal {

    @Override
    public Optional<Finding> look(RunFigures run) {
        List<Comparison> known = run.newComparisons();
        if (known.size() <= comparisons) {
            return Optional.empty();
        }
        Comparison best = known.stream()
                .reduce((one, other) -> other.judge() >= one.judge() ? other : one)
                .orElseThrow();
        Comparison now = known.getLast();
        boolean fell = known.subList(known.size() - comparisons, known.size()).stream()
                .allMatch(comparison -> comparison.judge() < best.judge() - judgeLoss);
        if (!fell || !(now.reward() > best.reward())) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                "over-optimisation",
                List.of(RunFigures.REWARD, HeldOutComparison.JUDGE),
                best.iteration(),
                now.iteration(),
                Reason.of("guard.overOptimisation")
                        .with("since", best.iteration())
                        .with("reward", best.reward())
                        .with("rewardNow", now.reward())
                        .with("judge", best.judge())
                        .with("judgeNow", now.judge())));
    }
}
