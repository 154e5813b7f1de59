package io.alignstream.stageruntime;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;

/** Collects the topics that a stage follows. */
public interface Subscriptions {

    /** Follows {@code topic}: undecodable records go to its dead letters, positions, counts and newest events to the view. */
    default <T> void follow(Topic<T> topic) {
        follow(topic, (event, origin) -> {});
    }

    /**
     * Like {@link #follow(Topic)}, and {@code handler} sees every event: of a topic that is kept for ever each once, across
     * restarts, if it is a {@link KeptHandler}, otherwise all of them after each start.
     */
    <T> void follow(Topic<T> topic, EventHandler<T> handler);

    /**
     * Like {@link #follow(Topic, EventHandler)} for a stage that needs no more than a topic's newest events: after a start
     * the handler sees the last {@code most} records of each partition. Those before them are counted by their offsets,
     * and there is no {@link View#snapshot} of the topic.
     */
    <T> void followNewest(Topic<T> topic, int most, EventHandler<T> handler);

    /**
     * Like {@link #follow(Topic, EventHandler)} for events that refer to events of {@code earlier}: an event that the
     * handler refuses is offered again whenever {@code earlier} has news. It counts as poison when {@code earlier} has
     * been read to its end and two seconds have passed; later events of its key wait for it.
     */
    <T> void followAfter(Topic<?> earlier, Topic<T> topic, EventHandler<T> handler);

    /** Asks {@code question} ahead of comparisons, which read the answer from the view. */
    void ask(Question<?> question);

    /** Takes one event into the stage's own state. */
    @FunctionalInterface
    interface EventHandler<T> {

        /**
         * Sees a valid event; tombstones go to {@link #withdrawn}.
         *
         * @throws PoisonEventException if the event contradicts what is known; it goes to the dead letters
         */
        void handle(T event, Origin origin) throws PoisonEventException;

        /** Withdraws all earlier events with record key {@code key}: a tombstone was read. */
        default void withdrawn(String key) {}
    }

    /**
     * A handler whose state outlives the service: it stands in tables of the stage's {@link
     * io.alignstream.stageruntime.kept.KeptState}, so a restart shows it only what came later.
     */
    interface KeptHandler<T> extends EventHandler<T> {

        /** Rises when the state is another function of the events than before: all of them are read again then. */
        int version();

        /** Takes from the tables what earlier events have left there; called once, before the first event. */
        default void restore() {}

        /** Puts into the tables what is in memory only; called before they and the reader's positions reach the disk. */
        default void save() {}
    }
}
