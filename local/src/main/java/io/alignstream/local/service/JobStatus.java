package io.alignstream.local.service;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a service says about its current job at {@code GET /job}.
 *
 * @param state starting, waiting, running, paused, cancelled or failed
 * @param reason why it is in that state
 * @param cause why its run was begun, null of none
 * @param step steps done of {@code totalSteps}
 * @param etaSeconds expected time to the end of the phase, 0 if unknown
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record JobStatus(
        String stage,
        String state,
        @Nullable Reason reason,
        @Nullable String run,
        @Nullable Reason title,
        @Nullable Reason cause,
        @Nullable String phase,
        long step,
        long totalSteps,
        double etaSeconds,
        @Nullable Map<String, Double> metrics,
        int attempts,
        @Nullable Reason lastFailure) {

    public boolean isRunning() {
        return "running".equals(state);
    }

    public boolean isWaiting() {
        return "waiting".equals(state);
    }

    public boolean isFailed() {
        return "failed".equals(state);
    }

    /** Whether a person has stopped it, so that only a person lets it go on. */
    public boolean isHeld() {
        return "paused".equals(state) || "cancelled".equals(state);
    }

    /** One of the figures, NaN if the job has not reported it. */
    public double metric(String name) {
        Double value = metrics == null ? null : metrics.get(name);
        return value == null ? Double.NaN : value;
    }

    /** Why it is in its state, in one sentence. */
    public String explanation() {
        return reason == null ? state : Messages.english(reason);
    }
}
