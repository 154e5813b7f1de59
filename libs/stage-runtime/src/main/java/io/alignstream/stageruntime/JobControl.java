package io.alignstream.stageruntime;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A person's hand on the stage; thread-safe, returns at once, what was asked for happens soon after. */
public interface JobControl {

    JobStatus status();

    /** The charts of the running or last job. */
    Charts charts();

    /** Compares now without thresholds and debounce times, and forgets failures and cancellation of the run. */
    void trigger();

    /** Lets the running job checkpoint and return, and starts none until {@link #resume}, after a restart neither. */
    void pause();

    /** Ends {@link #pause}. */
    void resume();

    /** Stops the run, which is not started again until {@link #trigger}, after a restart neither; other inputs make another run. */
    void cancel();

    /**
     * Points of each metric, {@code [step, value]}, steps ascending.
     *
     * @param run id of the run, null before the first one
     */
    record Charts(@Nullable String run, Map<String, List<double[]>> metrics) {}
}
