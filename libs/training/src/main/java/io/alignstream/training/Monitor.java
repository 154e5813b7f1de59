package io.alignstream.training;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.samples.Sample;
import io.alignstream.training.workers.Disagreement;
import java.util.Map;

/** Watches a run and can stop it. */
public interface Monitor {

    /** Never stops a run and hears nothing. */
    Monitor SILENT = new Monitor() {
        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {}

        @Override
        public void healed(HealingEvent event) {}
    };

    /** Whether to store the state and return before the next step. */
    boolean stopRequested();

    /** Whether to end the run here, as if nothing were left to do, and publish its best model. */
    default boolean endRequested() {
        return false;
    }

    /** Hears what was kept of the step whose {@link #progress} comes next. */
    default void recorded(Reference record) {}

    /** Hears that a step begins, and after it {@link #stepEnds}, whatever came of it. */
    default void stepBegins() {}

    /** Hears that a step has come to its end. */
    default void stepEnds() {}

    /** Hears that a checkpoint of {@code bytes} was written, for which training stood still for {@code seconds}. */
    default void saved(double seconds, long bytes) {}

    /**
     * Hears what the model writes now. What it has written at this step or a later one does not count any more: the run has gone
     * back.
     */
    default void sampled(Sample sample) {}

    /**
     * Hears of a finished step.
     *
     * @param phase what it is a step of
     * @param figures of the step, of an evaluation if one was due, and the speed
     */
    void progress(String phase, long step, long totalSteps, Map<String, Double> figures);

    /** Hears of a step whose {@link #progress} the worker tells that leads the run. */
    default void followed(String phase, long step, long totalSteps, Map<String, Double> figures) {}

    /** Hears that two workers have come to different bits from the same, in the step after which so many are done; at every worker. */
    default void disagreed(long step, Disagreement what) {}

    /** Hears which of the workers that train the run have come and gone. */
    default void workersChanged(Reason what) {}

    /** Hears what was done about a failure. */
    void healed(HealingEvent event);
}
