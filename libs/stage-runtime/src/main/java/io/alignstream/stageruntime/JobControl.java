package io.alignstream.stageruntime;

import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A person's hand on the stage; thread-safe, returns at once, what was asked for happens soon after. */
public interface JobControl {

    JobStatus status();

    /** The charts of the running or last job. */
    Charts charts();

    /** The runs that are remembered, across restarts, without their curves; the one that changed last first. */
    List<RunRecord> runs();

    /** A run that is remembered, with its curves; empty if it is not. */
    Optional<RunRecord> run(String id);

    /** What a trigger would do now; empty while a job runs, and until the comparison after the first question has told. */
    Optional<Reason> onTrigger();

    /**
     * Does what a person asks for, and keeps who did and why.
     *
     * <p>A trigger compares now without thresholds and debounce times, and forgets failures and cancellation of the run. A pause
     * lets the running job checkpoint and return and starts none until a person resumes the stage, after a restart neither. A
     * cancelled run is stopped and not started again until a trigger, after a restart neither; other inputs make another run.
     */
    void ask(StageControl.Asked asked);

    /** Triggers, for nobody in particular. */
    default void trigger() {
        ask(new StageControl.Asked(StageControl.Action.TRIGGER, null, null));
    }

    /** Pauses, for nobody in particular. */
    default void pause() {
        ask(new StageControl.Asked(StageControl.Action.PAUSE, null, null));
    }

    /** Resumes, for nobody in particular. */
    default void resume() {
        ask(new StageControl.Asked(StageControl.Action.RESUME, null, null));
    }

    /** Cancels, for nobody in particular. */
    default void cancel() {
        ask(new StageControl.Asked(StageControl.Action.CANCEL, null, null));
    }

    /**
     * Points of each metric, {@code [step, value]}, steps ascending.
     *
     * @param run id of the run, null before the first one
     */
    record Charts(@Nullable String run, Map<String, List<double[]>> metrics) {}
}
