package io.alignstream.stageruntime;

import io.alignstream.contracts.messages.Reason;
import java.time.Duration;

/** What the comparison of a stage came to. */
public sealed interface Decision {

    /** Nothing to run; {@code reason} tells people what is being waited for, or that all is up to date. */
    record Wait(Reason reason) implements Decision {}

    /**
     * Nothing to run yet: compare again after {@code delay} even without an event (a debounce time). Events that never stop do
     * not put it off for ever: after {@code alignstream.job.longest-debounce} all topics count as quiet.
     */
    record WaitFor(Reason reason, Duration delay) implements Decision {}

    /** A run is due but is not to go on until {@code reason}, which no event but a new decision of a person takes away. */
    record Pause(Reason reason) implements Decision {}

    /** {@code job} should run now. */
    record Run(Job job) implements Decision {}
}
