package io.alignstream.rlhf.guard;

import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Optional;

/**
 * The probability ratio of new to old policy is far from 1: an update moves the policy further than its clipping allows for.
 *
 * @param iterations over which the mean is taken, at least 1
 * @param bound greatest distance from 1
 */
record RatioDrift(int iterations, double bound) implements Signal {

    private static final String RATIO = "val/ratio";

    @Override
    public Optional<Finding> look(RunFigures run) {
        return run.newest(RATIO, iterations)
                .filter(points -> Math.abs(RunFigures.mean(points) - 1) > bound)
                .map(points -> new Finding(
                        "ratio",
                        List.of(RATIO),
                        points.getFirst().iteration(),
                        points.getLast().iteration(),
                        Reason.of("guard.ratio")
                                .with("since", points.getFirst().iteration())
                                .with("ratio", RunFigures.mean(points))));
    }
}
