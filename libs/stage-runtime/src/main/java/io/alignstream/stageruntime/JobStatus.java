package io.alignstream.stageruntime;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.memory.MemoryPlan;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a stage stands, as {@code GET /job} tells it. The fields from {@code run} on are those of the running job, or
 * of the last one.
 *
 * @param reason why the stage is in its state
 * @param run id of the run
 * @param title what the job does, with what
 * @param cause why it was begun
 * @param phase what the job is doing
 * @param step steps done of {@code totalSteps} in this phase
 * @param etaSeconds expected time to the end of this phase; null when unknown
 * @param metrics newest value of each metric
 * @param healed failures that the run went on after since the service started, oldest first, the newest ones only
 * @param memory what the job needs of memory; null before its inputs are read, and of one that trains nothing
 * @param attempts how often this run was started since its inputs changed or a person triggered
 * @param lastFailure why the last attempt failed; null if it did not
 * @param outcome how the job ended; null while it runs, and before the first one
 * @param changed when the job last said something of itself; null before the first one
 */
public record JobStatus(
        Stage stage,
        String service,
        State state,
        Reason reason,
        @Nullable String run,
        @Nullable Reason title,
        @Nullable Reason cause,
        @Nullable String phase,
        long step,
        long totalSteps,
        @Nullable Double etaSeconds,
        Map<String, Double> metrics,
        List<Reason> healed,
        @Nullable MemoryPlan memory,
        int attempts,
        @Nullable Reason lastFailure,
        RunRecord.@Nullable Outcome outcome,
        @Nullable Instant changed) {

    /** What a stage is doing. */
    public enum State {
        /** The view has not caught up with the topics yet. */
        @JsonProperty("starting")
        STARTING,
        /** Nothing to do now: see the reason. */
        @JsonProperty("waiting")
        WAITING,
        @JsonProperty("running")
        RUNNING,
        /** A person paused the stage, or the stage the run that is due: see the reason. */
        @JsonProperty("paused")
        PAUSED,
        /** A person cancelled the run that is due; it starts when its inputs change or a person triggers. */
        @JsonProperty("cancelled")
        CANCELLED,
        /** The run failed too often; it starts again when its inputs change or a person triggers. */
        @JsonProperty("failed")
        FAILED
    }
}
