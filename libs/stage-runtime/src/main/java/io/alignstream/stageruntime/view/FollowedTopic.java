package io.alignstream.stageruntime.view;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Subscriptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** What is known of one followed topic; for the reader's thread. */
final class FollowedTopic<T> {

    /** That many records are all of them. */
    static final int WHOLE = Integer.MAX_VALUE;

    private final Topic<T> topic;
    private final Subscriptions.EventHandler<T> handler;
    private final @Nullable Topic<?> earlier;
    /** How many of each partition are read, at most. */
    private final int most;

    private final SortedMap<Integer, PartitionRange> ranges = new TreeMap<>();
    private final Map<Integer, ReadRecords> read = new HashMap<>();
    private final SequencedMap<String, Newest<T>> newest = new LinkedHashMap<>();
    private long count;
    private long lastArrival = System.nanoTime();

    FollowedTopic(Topic<T> topic, Subscriptions.EventHandler<T> handler, @Nullable Topic<?> earlier, int most) {
        this.topic = topic;
        this.handler = handler;
        this.earlier = earlier;
        this.most = most;
    }

    /** Whether a restart goes on where this has read to: everything that was gathered of the topic outlives the service. */
    boolean isKept() {
        return topic.retention() == Topic.Retention.FOR_EVER
                && isWhole()
                && handler instanceof Subscriptions.KeptHandler<T>;
    }

    private boolean isWhole() {
        return most == WHOLE;
    }

    /** The handler of a kept topic. */
    private Subscriptions.KeptHandler<T> keptHandler() {
        return (Subscriptions.KeptHandler<T>) handler;
    }

    /** What is kept of a topic changes its meaning with this. */
    String version() {
        return topic.name() + " " + keptHandler().version();
    }

    /**
     * What is kept of this topic.
     *
     * @param id that the brokers know the topic by
     * @param count of events
     */
    record Kept(String id, long count, List<KeptPartition> partitions) {}

    /**
     * What is kept of a partition.
     *
     * @param position of the first record that was not read
     * @param range from the first record to the last one that was taken in
     * @param all the hash of all records
     * @param newest those of the records that may be taken in later
     */
    record KeptPartition(long position, PartitionRange range, RecordsHash all, List<ReadRecords.Read> newest) {}

    /**
     * Saves what the handler has in memory and tells what else is to be kept.
     *
     * @param positions by partition
     * @param waiting the first record of each partition that may be taken in later
     */
    Kept save(String id, Map<Integer, Long> positions, IntToLongFunction waiting) {
        keptHandler().save();
        List<KeptPartition> partitions = new ArrayList<>();
        for (PartitionRange range : ranges.values()) {
            Long position = positions.get(range.partition());
            if (position != null) {
                ReadRecords records = read.getOrDefault(range.partition(), new ReadRecords());
                long told = Math.min(range.end(), waiting.applyAsLong(range.partition()));
                partitions.add(new KeptPartition(position, range, records.all(), records.since(told)));
            }
        }
        return new Kept(id, count, partitions);
    }

    /** Goes on from what was kept, if anything was; once, before the first record. */
    void restore(@Nullable Kept kept) {
        keptHandler().restore();
        if (kept != null) {
            count = kept.count();
            for (KeptPartition partition : kept.partitions()) {
                ranges.put(partition.range().partition(), partition.range());
                read.put(partition.range().partition(), new ReadRecords(partition.all(), partition.newest()));
            }
        }
    }

    /** Where partition {@code partition}, which holds the records from {@code begin} to {@code end}, is read from. */
    long first(long begin, long end) {
        return isWhole() ? begin : Math.max(begin, end - most);
    }

    /** So many records are there and are not read. */
    void passOver(long records) {
        count += records;
    }

    Topic<T> topic() {
        return topic;
    }

    /** The topic whose events this topic's events refer to. */
    @Nullable
    Topic<?> earlier() {
        return earlier;
    }

    /** Partition {@code partition} is read from {@code begin}. */
    void open(int partition, long begin) {
        ranges.putIfAbsent(partition, new PartitionRange(partition, begin, begin));
    }

    /** A record was read; once for each, in the order of the partition, before it is taken in or refused. */
    void read(ConsumerRecord<byte[], byte[]> record) {
        if (topic.retention() == Topic.Retention.FOR_EVER && isWhole()) {
            read.computeIfAbsent(record.partition(), partition -> new ReadRecords())
                    .add(record);
        }
    }

    /** All records of its partition up to {@code record}. */
    private RecordsHash upTo(ConsumerRecord<byte[], byte[]> record) {
        ReadRecords records = read.get(record.partition());
        return records == null ? RecordsHash.of(record) : records.before(record.offset() + 1);
    }

    /** What stands in {@code partition} begins at {@code begin} now; what was read before has been deleted. */
    void reopen(int partition, long begin) {
        ranges.put(partition, new PartitionRange(partition, begin, begin));
        read.remove(partition);
    }

    /** Takes a record in, or leaves everything as it was if the record is poison. */
    void accept(ConsumerRecord<byte[], byte[]> record) throws PoisonEventException {
        if (record.value() == null) {
            withdraw(record);
        } else {
            T event = topic.decode(record);
            handler.handle(event, new RecordOrigin(record, upTo(record)));
            count++;
            if (topic.retention() == Topic.Retention.COMPACTED) {
                newest.putLast(key(record), new Newest<>(event, record.timestamp()));
            }
        }
        lastArrival = System.nanoTime();
        ranges.computeIfPresent(
                record.partition(),
                (partition, range) ->
                        new PartitionRange(partition, range.begin(), Math.max(range.end(), record.offset() + 1)));
    }

    private void withdraw(ConsumerRecord<byte[], byte[]> record) throws PoisonEventException {
        if (record.key() == null) {
            throw new PoisonEventException(Reason.of("poison.emptyRecord"));
        }
        handler.withdrawn(key(record));
        newest.remove(key(record));
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    }

    /** With several partitions the order of arrival is chance, so there the records' timestamps decide. */
    List<T> newestByKey() {
        if (topic.retention() != Topic.Retention.COMPACTED) {
            throw new IllegalArgumentException(topic
                    + " is not a registry topic: it keeps every event, not the newest of each key;"
                    + " follow it with an event handler");
        }
        var events = newest.values().stream();
        if (ranges.size() > 1) {
            events = events.sorted(Comparator.comparingLong(Newest::timestamp));
        }
        return events.map(Newest::event).toList();
    }

    /** Everything so far, as a dataset. */
    DatasetSnapshot snapshot() {
        if (topic.retention() != Topic.Retention.FOR_EVER) {
            throw new IllegalArgumentException(
                    topic + " keeps its events for a time only, or the newest of each key, but a"
                            + " dataset must be there as long as the models that were made from it");
        }
        if (!isWhole()) {
            throw new IllegalArgumentException("of " + topic
                    + " only the newest events are followed; a dataset needs all of them: follow it whole");
        }
        RecordsHash content = RecordsHash.NONE;
        for (PartitionRange range : ranges.values()) {
            ReadRecords records = read.get(range.partition());
            content = records == null ? content : content.plus(records.before(range.end()));
        }
        return new DatasetSnapshot(topic.name(), List.copyOf(ranges.values()), content.hex());
    }

    long count() {
        return count;
    }

    long quietNanos() {
        return System.nanoTime() - lastArrival;
    }

    private record Newest<T>(T event, long timestamp) {}
}
