package io.alignstream.stageruntime;

import io.alignstream.contracts.Topic;
import java.nio.charset.StandardCharsets;
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

/**
 * Events that were refused because what they refer to may not have been read yet; for the reader's thread.
 *
 * <p>They wait until the topic that they refer to is read up to the end that it had when they were refused. Later
 * events of the same key wait behind them, so that the order of a key stays.
 */
final class DeferredEvents {

    private final List<Event> events = new ArrayList<>();
    private final Set<String> keys = new HashSet<>();
    /** End of the topics referred to, fetched once for all events that were refused in one turn. */
    private Map<TopicPartition, Long> targets = Map.of();

    private boolean targetsOutdated;

    /** A deferred record and the topic it was read from. */
    record Event(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record, Topic<?> earlier) {}

    void add(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record, Topic<?> earlier) {
        events.add(new Event(topic, record, earlier));
        keys.add(key(record));
        targetsOutdated = true;
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    /** Whether an event of the record's key is waiting. */
    boolean holdsKeyOf(ConsumerRecord<byte[], byte[]> record) {
        return keys.contains(key(record));
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

    /** Removes and returns the events, in their order, once nothing that they could refer to is unread. */
    List<Event> settled(Consumer<byte[], byte[]> consumer) {
        if (events.isEmpty()) {
            return List.of();
        }
        if (targetsOutdated) {
            Set<String> earlier =
                    events.stream().map(event -> event.earlier().name()).collect(Collectors.toSet());
            targets = new HashMap<>(consumer.endOffsets(consumer.assignment().stream()
                    .filter(partition -> earlier.contains(partition.topic()))
                    .toList()));
            targetsOutdated = false;
        }
        boolean read =
                targets.entrySet().stream().allMatch(target -> consumer.position(target.getKey()) >= target.getValue());
        if (!read) {
            return List.of();
        }
        List<Event> settled = List.copyOf(events);
        events.clear();
        keys.clear();
        return settled;
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.topic() + "/" + (record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8));
    }
}
