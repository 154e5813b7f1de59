package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.hash.RecordsHash;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What stands at both ends of a topic's partitions: enough to tell a topic from another one of the same name and length,
 * without reading a billion documents. Thread-safe.
 */
public final class TopicEnds implements AutoCloseable {

    /** Offsets at the end that may hold marks of transactions and no record. */
    private static final long MARKS = 64;

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Consumer<byte[], byte[]> consumer;
    private @Nullable DatasetSnapshot known;
    private String hash = RecordsHash.NONE.hex();

    /** Reads with {@code consumer}, which is closed with this. */
    public TopicEnds(Consumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
    }

    /** Hash of the first and the last record of each range. */
    public synchronized String of(DatasetSnapshot snapshot) {
        if (!snapshot.equals(known)) {
            RecordsHash sum = RecordsHash.NONE;
            for (PartitionRange range : snapshot.partitions()) {
                if (range.end() > range.begin()) {
                    TopicPartition partition = new TopicPartition(snapshot.topic(), range.partition());
                    long tail = Math.max(range.begin(), range.end() - MARKS);
                    sum = sum.plus(hash(read(partition, range.begin(), range.begin() + 1)))
                            .plus(hash(read(partition, tail, range.end())));
                }
            }
            hash = sum.hex();
            known = snapshot;
        }
        return hash;
    }

    private static RecordsHash hash(Optional<ConsumerRecord<byte[], byte[]>> record) {
        return record.map(RecordsHash::of).orElse(RecordsHash.NONE);
    }

    /** The last record from {@code begin} to before {@code end}, if there is one. */
    private Optional<ConsumerRecord<byte[], byte[]>> read(TopicPartition partition, long begin, long end) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, begin);
        Optional<ConsumerRecord<byte[], byte[]>> last = Optional.empty();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (consumer.position(partition) < end && System.nanoTime() < deadline) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (record.offset() < end) {
                    last = Optional.of(record);
                }
            }
        }
        return last;
    }

    @Override
    public synchronized void close() {
        consumer.close();
    }
}
