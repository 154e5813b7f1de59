package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.view.RecordOrigin;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads a frozen range of a topic by assign and seek, partition by partition; for one thread. */
public final class SnapshotReader<T> implements Iterator<JobContext.Entry<T>> {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Topic<T> topic;
    private final Consumer<byte[], byte[]> consumer;
    private final Iterator<PartitionRange> remaining;
    private final Deque<JobContext.Entry<T>> buffer = new ArrayDeque<>();
    private final @Nullable String content;
    private RecordsHash read = RecordsHash.NONE;
    private RecordsHash readOfPartition = RecordsHash.NONE;
    private long end;
    private TopicPartition partition;

    private SnapshotReader(Topic<T> topic, DatasetSnapshot snapshot, Consumer<byte[], byte[]> consumer) {
        this.topic = topic;
        this.consumer = consumer;
        this.partition = new TopicPartition(topic.name(), 0);
        List<PartitionRange> ranges = snapshot.partitions().stream()
                .filter(range -> range.end() > range.begin())
                .sorted(Comparator.comparingInt(PartitionRange::partition))
                .toList();
        this.remaining = ranges.iterator();
        this.content = snapshot.content();
        check(ranges);
    }

    /** The snapshot's entries; closing the stream closes {@code consumer}. */
    public static <T> Stream<JobContext.Entry<T>> read(
            Topic<T> topic, DatasetSnapshot snapshot, Consumer<byte[], byte[]> consumer) {
        if (!snapshot.topic().equals(topic.name())) {
            consumer.close();
            throw new IllegalArgumentException("the snapshot is of " + snapshot.topic() + ", not of " + topic);
        }
        try {
            SnapshotReader<T> reader = new SnapshotReader<>(topic, snapshot, consumer);
            int characteristics = Spliterator.ORDERED | Spliterator.NONNULL;
            return StreamSupport.stream(Spliterators.spliteratorUnknownSize(reader, characteristics), false)
                    .onClose(consumer::close);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    private void check(List<PartitionRange> ranges) {
        List<TopicPartition> partitions = ranges.stream()
                .map(range -> new TopicPartition(topic.name(), range.partition()))
                .toList();
        var begins = consumer.beginningOffsets(partitions);
        var ends = consumer.endOffsets(partitions);
        for (PartitionRange range : ranges) {
            TopicPartition key = new TopicPartition(topic.name(), range.partition());
            long begin = begins.getOrDefault(key, Long.MAX_VALUE);
            long last = ends.getOrDefault(key, 0L);
            if (begin > range.begin() || last < range.end()) {
                throw new InvalidInputException(Reason.of("stage.recordsGone")
                        .with("partition", key.toString())
                        .with("first", begin)
                        .with("last", last)
                        .with("begin", range.begin())
                        .with("end", range.end()));
            }
        }
    }

    @Override
    public boolean hasNext() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (buffer.isEmpty()) {
            if (consumer.assignment().isEmpty() || consumer.position(partition) >= end) {
                if (!remaining.hasNext()) {
                    checkContent();
                    return false;
                }
                open(remaining.next());
            }
            fill();
            if (buffer.isEmpty() && System.nanoTime() > deadline) {
                throw new IllegalStateException("no record of " + partition + " for " + PATIENCE.toSeconds()
                        + " s at offset " + consumer.position(partition) + " of " + end + "; is the broker there?");
            }
        }
        return true;
    }

    /** Offsets say nothing of what stands there: the topic may be another one of the same name. */
    private void checkContent() {
        if (content != null && !content.equals(read.hex())) {
            throw new InvalidInputException(Reason.of("stage.otherRecords").with("topic", topic.name()));
        }
    }

    private void open(PartitionRange range) {
        readOfPartition = RecordsHash.NONE;
        partition = new TopicPartition(topic.name(), range.partition());
        end = range.end();
        consumer.assign(List.of(partition));
        consumer.seek(partition, range.begin());
    }

    private void fill() {
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (record.offset() < end) {
                    add(record);
                }
            }
        } catch (OffsetOutOfRangeException e) {
            throw new InvalidInputException(Reason.of("stage.recordsDeleted").with("partition", partition.toString()));
        }
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        RecordsHash hash = RecordsHash.of(record);
        read = read.plus(hash);
        readOfPartition = readOfPartition.plus(hash);
        try {
            buffer.add(new JobContext.Entry<>(
                    record.value() == null ? null : topic.decode(record), new RecordOrigin(record, readOfPartition)));
        } catch (PoisonEventException e) {
            // The reader has sent it to the dead letters.
        }
    }

    @Override
    public JobContext.Entry<T> next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the snapshot has no further record");
        }
        return buffer.remove();
    }
}
