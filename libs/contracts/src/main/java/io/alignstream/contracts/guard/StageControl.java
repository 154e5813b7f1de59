package io.alignstream.contracts.guard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds a stage and its runs back: what people asked for, and how often runs have been tried. Key {@code stage}: the
 * newest stands, and outlives the service.
 *
 * @param stage its id, for example {@code sft}
 * @param paused whether the stage starts nothing until a person lets it go on
 * @param version counts the changes: of two with one key the higher one is the newer
 * @param runs those that were tried without a result, or cancelled, the oldest first, {@value #MAX_RUNS} at most
 * @param asked what a person asked for last; null if nobody has yet, or it was written before that was kept
 */
public record StageControl(
        String stage,
        boolean paused,
        long version,
        List<Run> runs,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Asked asked) {

    /** Most runs that are remembered. */
    public static final int MAX_RUNS = 100;

    /**
     * A run.
     *
     * @param cancelled whether a person cancelled it
     * @param attempts how often it was begun and failed, 0 or more
     * @param deaths how often it was begun and nobody saw how it ended, 0 or more: it runs, or its process died with it
     * @param failure why the last attempt failed; null if none did
     */
    public record Run(
            String run,
            boolean cancelled,
            int attempts,
            int deaths,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Reason failure) {

        public Run {
            Check.id("runs[].run", run);
            Check.atLeast("runs[].attempts", attempts, 0);
            Check.atLeast("runs[].deaths", deaths, 0);
        }
    }

    /**
     * What a person asked a stage for.
     *
     * @param by the person's name, 1 to {@value GuardDecision#MAX_NAME} characters; null where nobody signs in
     * @param reason the person's reason, 1 to {@value GuardDecision#MAX_REASON} characters; null if none was given
     */
    public record Asked(
            Action action,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String by,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String reason) {

        public Asked {
            Check.present("asked.action", action);
            if (by != null) {
                Check.text("asked.by", by, GuardDecision.MAX_NAME);
            }
            if (reason != null) {
                Check.text("asked.reason", reason, GuardDecision.MAX_REASON);
            }
        }
    }

    /** What people ask a stage for. */
    public enum Action {
        /** To compare now, whatever the thresholds. */
        @JsonProperty("trigger")
        TRIGGER,
        /** To start nothing. */
        @JsonProperty("pause")
        PAUSE,
        /** To go on. */
        @JsonProperty("resume")
        RESUME,
        /** To abandon the run. */
        @JsonProperty("cancel")
        CANCEL
    }

    public StageControl {
        Check.id("stage", stage);
        Check.atLeast("version", version, 0);
        runs = Check.list("runs", runs, 0, MAX_RUNS);
    }

    /** What holds back a stage of which nobody has asked anything. */
    public StageControl(String stage, boolean paused, long version, List<Run> runs) {
        this(stage, paused, version, runs, null);
    }
}
