package io.alignstream.stageruntime;

import io.alignstream.contracts.Stage;

/**
 * A service's own part: which topics it follows and what should run now.
 *
 * <p>Implement it as one {@code @ApplicationScoped} bean. The runtime calls its methods from one thread at a time.
 */
public interface StageDefinition {

    Stage stage();

    /** Names the topics to follow; called once, before the first event. */
    void subscribe(Subscriptions subscriptions);

    /**
     * Hands on what the view shows beyond the comparison: figures for a page, the input of a topology. Called before each
     * {@link #decide}.
     *
     * <p>Runs on the reader's thread, so no event is read meanwhile: it may set what other threads read and hand work to
     * another thread, but waits neither for that work nor for store, broker or a lock that is held while somebody does.
     */
    default void show(View view) {}

    /**
     * Compares what should be (newest parents, data, thresholds) with what is (the own newest checkpoint).
     *
     * <p>Called after start-up when the view has caught up with the topics, after every batch of events, after every
     * job (when the view holds what the job published) and when a person triggers. A function of the view and
     * of what event handlers have taken in: it changes nothing, asks nobody and is quick. Work belongs into the returned
     * job.
     *
     * <p>A run id that failed three times or was cancelled is not started again until a person triggers, so the same
     * inputs must give the same id.
     *
     * @param triggered whether a person asked for a run: thresholds and debounce times do not count then. Stays true
     *     from comparison to comparison while the answer is {@link Decision.WaitFor}; every other one settles it
     */
    Decision decide(View view, boolean triggered);
}
