package io.alignstream.stageruntime.tracing;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.tracing.Traceparent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The events that may have caused the next run, as far as their traces are known; for the reader's thread.
 *
 * <p>What the stage's last run published itself counts only where nothing else has come: a run that follows from another one of
 * the same stage, as a reward model from its judge, goes on in that one's trace.
 */
public final class CausingEvents {

    /** Most other traces that a run is linked to: a dataset may come from a million. */
    public static final int MOST_LINKS = 32;

    /** What is said about runs, and makes none due. */
    private static final Set<Topic<?>> ABOUT_RUNS = Set.of(
            Topic.STAGE_CONTROLS, Topic.ENDED_SESSIONS, Topic.INCIDENTS, Topic.TRAINING_PROGRESS, Topic.AUDIT_LOG);

    /** By trace, the newest last. */
    private final SequencedMap<String, Traceparent> newest = new LinkedHashMap<>();

    private @Nullable Event last;
    private @Nullable Event lastOfOwn;
    private @Nullable String ownSpan;

    /**
     * An event that may be the cause.
     *
     * @param trace empty if its producer said none
     */
    public record Event(String topic, int partition, long offset, long timestamp, Optional<Traceparent> trace) {}

    /**
     * What a run is caused by.
     *
     * @param event with which it became due; empty if none has been read
     * @param links into other traces, at most {@link #MOST_LINKS}, the newest last
     */
    public record Causes(Optional<Event> event, List<Traceparent> links) {

        /** Of what is due by itself. */
        public static final Causes NONE = new Causes(Optional.empty(), List.of());

        public Causes {
            links = List.copyOf(links);
        }

        /** The place in a trace that the run goes on from; empty if it begins one. */
        public Optional<Traceparent> parent() {
            return event.flatMap(Event::trace);
        }
    }

    /** A valid event of {@code topic} was taken in. */
    public void read(Topic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        if (ABOUT_RUNS.contains(topic)) {
            return;
        }
        Optional<Traceparent> trace = Traceparent.of(record.headers());
        Event event = new Event(topic.name(), record.partition(), record.offset(), record.timestamp(), trace);
        if (trace.isPresent() && trace.get().span().equals(ownSpan)) {
            lastOfOwn = event;
            return;
        }
        // Topics are read side by side, and from their beginnings after a start: arrival is no order.
        if (last == null || event.timestamp() >= last.timestamp()) {
            last = event;
        }
        trace.ifPresent(this::remember);
    }

    private void remember(Traceparent trace) {
        newest.remove(trace.trace());
        newest.putLast(trace.trace(), trace);
        if (newest.size() > MOST_LINKS + 1) { // the parent's own trace needs no link
            newest.pollFirstEntry();
        }
    }

    /** What has caused the run that begins now; later runs have later causes. */
    public Causes take() {
        Event cause = last != null ? last : lastOfOwn;
        Optional<String> own = Optional.ofNullable(cause).flatMap(Event::trace).map(Traceparent::trace);
        List<Traceparent> links = newest.values().stream()
                .filter(trace -> !own.equals(Optional.of(trace.trace())))
                .toList();
        last = null;
        lastOfOwn = null;
        newest.clear();
        return new Causes(
                Optional.ofNullable(cause), links.subList(Math.max(0, links.size() - MOST_LINKS), links.size()));
    }

    /** What the run that has just begun publishes says {@code trace}. */
    public void publishes(Traceparent trace) {
        ownSpan = trace.span();
    }
}
