package io.alignstream.rlhf.guard;

import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Optional;

/**
 * KL from the SFT model is below 0, which no divergence is: the samples do not come from the policy that is scored.
 *
 * @param iterations over which the mean is taken, at least 1
 * @param bound the mean that is below it tells, in nats, at most 0
 */
record NegativeKl(int iterations, double bound) implements Signal {

    private static final String KL = "objective/kl";

    @Override
    public Optional<Finding> look(RunFigures run) {
        return run.newest(KL, iterations)
                .filter(points -> RunFigures.mean(points) < bound)
                .map(points -> new Finding(
                        "negative-kl",
                        List.of(KL),
                        points.getFirst().iteration(),
                        points.getLast().iteration(),
                        Reason.of("guard.negativeKl")
                                .with("since", points.getFirst().iteration())
                                .with("kl", RunFigures.mean(points))));
    }
}
