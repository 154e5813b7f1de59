package io.alignstream.stageruntime;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;

/** Collects the topics that a stage follows. */
public interface Subscriptions {

    /** Follows {@code topic}: undecodable records go to its dead letters, positions, counts and newest events to the view. */
    default <T> void follow(Topic<T> topic) {
        follow(topic, (event, origin) -> {});
    }

    /** Like {@link #follow(Topic)}, and {@code handler} sees every event. */
    <T> void follow(Topic<T> topic, EventHandler<T> handler);

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
}
