package io.alignstream.rlhf.guard;

import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.messages.Reason;
import java.util.List;

/**
 * What a signal tells about a run.
 *
 * @param signal its name
 * @param curves names of the figures that show it: the two that part, or the one that drifts
 * @param since iteration since which they do
 * @param iteration at which it was seen
 * @param reason the same for people
 */
public record Finding(String signal, List<String> curves, long since, long iteration, Reason reason) {

    /** The decision to pause {@code run} because of this. */
    public GuardDecision pause(String run) {
        return new GuardDecision(
                run, GuardDecision.Verdict.PAUSED, signal, curves, since, iteration, reason, null, null);
    }
}
