package io.alignstream.stageruntime.view;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to where poison events have reached their dead letters, kept as the offsets of the reader's group; for the reader's
 * thread.
 */
final class CommittedOffsets {

    private static final Duration PERIOD = Duration.ofSeconds(5);
    /** Brokers forget the offsets of a group that is silent for days. */
    private static final Duration AGAIN = Duration.ofHours(6);

    private final Consumer<byte[], byte[]> consumer;
    private final DeferredEvents deferred;
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Map<TopicPartition, Long> doneBefore = new HashMap<>();
    private final Timer period = new Timer(PERIOD);
    private final Timer again = new Timer(AGAIN);
    private boolean pending;

    /** Offsets of {@code consumer}'s group; an event in {@code deferred} is not done. */
    CommittedOffsets(Consumer<byte[], byte[]> consumer, DeferredEvents deferred) {
        this.consumer = consumer;
        this.deferred = deferred;
        again.due();
    }

    /** Asks the broker what earlier processes have committed. */
    void fetch(Collection<TopicPartition> found) {
        Map<TopicPartition, OffsetAndMetadata> offsets = consumer.committed(Set.copyOf(found));
        for (TopicPartition partition : found) {
            OffsetAndMetadata offset = offsets.get(partition);
            doneBefore.put(partition, offset == null ? 0 : offset.offset());
        }
    }

    /** Whether an earlier process has done with {@code record}: if it is poison, it has its dead letter. */
    boolean wasDone(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        return record.offset() < doneBefore.getOrDefault(partition, 0L);
    }

    /** A dead letter was published: commit soon, so that a restart does not publish it again. */
    void deadLettered() {
        pending = true;
    }

    void commitWhenDue() {
        if (pending || period.due()) {
            commit();
        }
    }

    /** Commits what has changed. */
    void commit() {
        if (again.due()) {
            committed.clear();
        }
        Map<TopicPartition, OffsetAndMetadata> changed = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            long done = Math.min(consumer.position(partition), deferred.firstOffset(partition));
            // While a restart reads again, its position is behind what earlier processes have done.
            done = Math.max(done, doneBefore.getOrDefault(partition, 0L));
            if (done > 0 && !Long.valueOf(done).equals(committed.get(partition))) {
                changed.put(partition, new OffsetAndMetadata(done));
            }
        }
        if (!changed.isEmpty()) {
            consumer.commitSync(changed);
            changed.forEach((partition, offset) -> committed.put(partition, offset.offset()));
        }
        pending = false;
    }
}
