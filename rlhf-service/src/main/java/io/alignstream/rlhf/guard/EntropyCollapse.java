package io.alignstream.rlhf.guard;

import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Optional;

/**
 * The policy says the same to everything.
 *
 * @param iterations over which the mean is taken, now and at first, at least 1
 * @param least share of the first entropy that must be left, 0 to 1
 */
record EntropyCollapse(int iterations, double least) implements Signal {

    private static final String FIGURE = "policy/entropy_avg";

    @Override
    public Optional<Finding> look(RunFigures run) {
        return run.drift(FIGURE, iterations)
                .filter(drift -> drift.now() < least * drift.first())
                .map(drift -> new Finding(
                        "entropy",
                        List.of(FIGURE),
                        drift.since(),
                        drift.iteration(),
                        Reason.of("guard.entropy")
                                .with("since", drift.since())
                                .with("now", drift.now())
                                .with("first", drift.first())));
    }
}
