package io.alignstream.stageruntime.view;

import io.alignstream.contracts.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Events that were refused because what they refer to may be on its way; for the reader's thread.
 *
 * <p>Kafka orders records within a partition only, so an event can be read before the one it refers to, even if it was
 * published later. A refused event is offered again whenever the topic that it refers to has news. It is over when that
 * topic has been read to the end that it had at the refusal and the event's patience has run out as well: the other event
 * may come from another producer, a moment later. Later events of the same key wait behind it, so that the order of a key
 * stays.
 */
final class DeferredEvents {

    /** In the order of arrival. */
    private final List<Event> events = new ArrayList<>();

    private final Set<String> keys = new HashSet<>();
    private long bytes;

    /** A deferred record and the topic it was read from. */
    static final class Event {
        private final FollowedTopic<?> topic;
        private final ConsumerRecord<byte[], byte[]> record;
        private final Topic<?> earlier;
        private final long deadline;
        /** Ends of the topic referred to, to be read before the event is over; null until they are fetched. */
        private @Nullable Map<TopicPartition, Long> ends;

        private boolean offered;

        private Event(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record, Topic<?> earlier, long deadline) {
            this.topic = topic;
            this.record = record;
            this.earlier = earlier;
            this.deadline = deadline;
        }

        FollowedTopic<?> topic() {
            return topic;
        }

        ConsumerRecord<byte[], byte[]> record() {
            return record;
        }

        private boolean canSee(Map<TopicPartition, Long> positions) {
            return ends != null
                    && ends.entrySet().stream()
                            .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
        }

        private long size() {
            return 200L + Math.max(0, record.serializedValueSize()) + Math.max(0, record.serializedKeySize());
        }
    }

    /** Tries to take a deferred event in. */
    interface Attempt {

        /**
         * Takes the event in or gives it up.
         *
         * @param last whether to give it up if it is refused again
         * @return whether it is settled; if not, it goes on waiting
         */
        boolean settle(Event event, boolean last);
    }

    /**
     * Defers a record that was refused, or stands behind a refused one.
     *
     * @param offered whether it was refused itself
     * @param patience how long what it refers to may still be coming
     */
    void add(
            FollowedTopic<?> topic,
            ConsumerRecord<byte[], byte[]> record,
            Topic<?> earlier,
            boolean offered,
            Duration patience) {
        Event event = new Event(topic, record, earlier, System.nanoTime() + patience.toNanos());
        event.offered = offered;
        events.add(event);
        keys.add(key(record));
        bytes += event.size();
    }

    /** Whether an event of the record's key is waiting. */
    boolean holdsKeyOf(ConsumerRecord<byte[], byte[]> record) {
        return keys.contains(key(record));
    }

    /** Approximate memory taken by the waiting records. */
    long bytes() {
        return bytes;
    }

    /** The first offset of {@code partition} that is waiting; the greatest number if none is. */
    long firstOffset(TopicPartition partition) {
        return events.stream()
                .map(Event::record)
                .filter(held -> held.topic().equals(partition.topic()) && held.partition() == partition.partition())
                .mapToLong(ConsumerRecord::offset)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Whether something that stood in the topics before a waiting event has not been read yet. */
    boolean waitForUnread(Consumer<byte[], byte[]> consumer) {
        Map<TopicPartition, Long> positions = positions(consumer);
        return events.stream().anyMatch(event -> !event.canSee(positions));
    }

    private Map<TopicPartition, Long> positions(Consumer<byte[], byte[]> consumer) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (Event event : events) {
            if (event.ends != null) {
                event.ends.keySet().forEach(partition -> positions.computeIfAbsent(partition, consumer::position));
            }
        }
        return positions;
    }

    /**
     * Offers the events for which something has changed, in their order.
     *
     * @param news names of the topics of which records were read since the last call
     * @return whether an event was settled
     */
    boolean offer(Consumer<byte[], byte[]> consumer, Set<String> news, Attempt attempt) {
        if (events.isEmpty()) {
            return false;
        }
        fetchEnds(consumer);
        // All questions to the broker come before: one that it does not answer must not cut the round short.
        Map<TopicPartition, Long> positions = positions(consumer);
        long now = System.nanoTime();
        int before = events.size();
        List<Event> waiting = new ArrayList<>();
        Set<String> waitingKeys = new HashSet<>();
        for (Event event : events) {
            boolean last = event.deadline - now <= 0 && event.canSee(positions);
            boolean behind = waitingKeys.contains(key(event.record));
            boolean due = last || !event.offered || news.contains(event.earlier.name());
            if (behind || !due || !attempt.settle(event, last)) {
                event.offered |= !behind;
                waiting.add(event);
                waitingKeys.add(key(event.record));
            }
        }
        events.clear();
        events.addAll(waiting);
        keys.clear();
        keys.addAll(waitingKeys);
        bytes = events.stream().mapToLong(Event::size).sum();
        return events.size() < before;
    }

    /** Once for all events that were refused in one turn. */
    private void fetchEnds(Consumer<byte[], byte[]> consumer) {
        List<Event> fresh = events.stream().filter(event -> event.ends == null).toList();
        if (fresh.isEmpty()) {
            return;
        }
        Set<String> earlier = fresh.stream().map(event -> event.earlier.name()).collect(Collectors.toSet());
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment().stream()
                .filter(partition -> earlier.contains(partition.topic()))
                .toList());
        for (Event event : fresh) {
            Map<TopicPartition, Long> own = new HashMap<>(ends);
            own.keySet().removeIf(partition -> !partition.topic().equals(event.earlier.name()));
            event.ends = own;
        }
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.topic() + "/" + (record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8));
    }
}
