package io.alignstream.stageruntime;

import io.alignstream.contracts.messages.Reason;
import java.util.Map;

/** One run of a stage's loop on frozen inputs. */
public interface Job {

    /** Id of the run: the same inputs give the same id, so a job that was interrupted is found again. */
    String run();

    /** What people read on the dashboard: what is done, with what. */
    Reason title();

    /** Whether this run has begun already, here or in another process: then it goes on, whatever holds new ones back. */
    default boolean hasBegun() {
        return false;
    }

    /** What is configured of a training run and shapes its weights; empty where nothing is trained. */
    default Map<String, String> hyperparameters() {
        return Map.of();
    }

    /**
     * Does the work; may take hours. Returns when the result is published, or early when {@link
     * JobContext#stopRequested()} turned true and the state is checkpointed.
     *
     * @throws Exception if the work failed; the runtime retries a bounded number of times, then shows the failure until
     *     something changes or a person triggers
     */
    void execute(JobContext context) throws Exception;
}
