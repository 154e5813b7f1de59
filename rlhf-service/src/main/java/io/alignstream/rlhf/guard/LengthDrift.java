package io.alignstream.rlhf.guard;

import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Optional;

/**
 * Answers become much longer, or much shorter: length is what is rewarded.
 *
 * @param iterations over which the mean is taken, now and at first, at least 1
 * @param factor most times that they may be longer or shorter than at first, at least 1
 */
record LengthDrift(int iterations, double factor) implements Signal {

    private static final String FIGURE = "responseLength";

    @Override
    public Optional<Finding> look(RunFigures run) {
        return run.drift(FIGURE, iterations)
                .filter(drift -> drift.now() > factor * drift.first() || drift.now() * factor < drift.first())
                .map(drift -> new Finding(
                        "length",
                        List.of(FIGURE),
                        drift.since(),
                        drift.iteration(),
                        Reason.of("guard.length")
                                .with("since", drift.since())
                                .with("now", drift.now())
                                .with("first", drift.first())));
    }
}
