package io.alignstream.local.pipeline;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.local.site.Console;
import java.util.List;
import java.util.function.Consumer;

/**
 * Events of one topic, to be published.
 *
 * @param total how many there are
 * @param source hands over each event, in the same order each time
 */
public record EventSet<T>(Topic<T> topic, long total, Source<T> source) {

    /** Where the events come from. */
    @FunctionalInterface
    public interface Source<T> {

        /** Gives each event to {@code events}. */
        void forEach(Consumer<T> events);
    }

    /** All of {@code events}. */
    public static <T> EventSet<T> of(Topic<T> topic, List<T> events) {
        return new EventSet<>(topic, events.size(), events::forEach);
    }

    /** Rankings and their requests. The requests first: a ranking of a request that nobody asked would wait for it. */
    public static List<EventSet<?>> ranked(long total, Source<RankedRequest> source) {
        return List.of(
                new EventSet<>(
                        Topic.RANKING_REQUESTS,
                        total,
                        events -> source.forEach(ranked -> events.accept(ranked.request()))),
                new EventSet<>(
                        Topic.RANKINGS, total, events -> source.forEach(ranked -> events.accept(ranked.ranking()))));
    }

    /** Publishes what is new and says so. */
    public void publish(Publisher publisher, Console console) {
        long published = publisher.publish(topic, source, new PublishProgress(console, topic.name(), total));
        console.line("published %,d of %,d %s%s"
                .formatted(published, total, topic.name(), published < total ? " (the others are there already)" : ""));
    }
}
