package io.alignstream.contracts.replay;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Publishes records of a topic once more, as they stand there: what could not be processed then may be now.
 *
 * <p>The newest record of a key counts, so one that has a newer record of its key is left alone. That is true of a record that
 * was replayed, so a replay twice is one; records without a key are known by the header {@value #OF}. Two processes that replay
 * the same within the same second may both publish it. For one thread.
 */
public final class Replay {

    /** Header of a replayed record: {@code partition/offset} of the record that it repeats. */
    public static final String OF = "dead-letter-replay-of";

    /** Headers that begin so are about a dead letter and no part of the record. */
    public static final String ABOUT_LETTERS = "dead-letter-";

    private static final Duration POLL = Duration.ofMillis(500);

    private final Consumer<byte[], byte[]> consumer;
    private final java.util.function.Consumer<ProducerRecord<byte[], byte[]>> publisher;
    private final long deadline;

    /** Where a record stands. */
    public record Place(String topic, int partition, long offset) {}

    /** What became of a record. */
    public enum Outcome {
        /** It stands at the end of its topic again. */
        REPLAYED,
        /** Its topic holds a newer record of its key, or it was replayed before. */
        SUPERSEDED,
        /** Its topic does not hold it any more. */
        GONE
    }

    /**
     * A replay.
     *
     * @param consumer reads committed records and belongs to no group; stays open
     * @param publisher returns when the record is in its topic
     * @param patience after which reading fails
     */
    public Replay(
            Consumer<byte[], byte[]> consumer,
            java.util.function.Consumer<ProducerRecord<byte[], byte[]>> publisher,
            Duration patience) {
        this.consumer = consumer;
        this.publisher = publisher;
        this.deadline = System.nanoTime() + patience.toNanos();
    }

    /**
     * Replays what stands at {@code places}, in the order of its topics.
     *
     * @return what became of each
     * @throws TimeoutException if the broker does not give in time what came after them; some may be replayed then, and
     *     another replay goes on with the others
     */
    public SequencedMap<Place, Outcome> of(Collection<Place> places) {
        Map<TopicPartition, TreeSet<Long>> wanted =
                new TreeMap<>(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
        places.forEach(place -> wanted.computeIfAbsent(
                        new TopicPartition(place.topic(), place.partition()), key -> new TreeSet<>())
                .add(place.offset()));
        SequencedMap<Place, Outcome> outcomes = new LinkedHashMap<>();
        wanted.forEach((partition, offsets) -> replay(partition, offsets, outcomes));
        return outcomes;
    }

    private void replay(TopicPartition partition, TreeSet<Long> offsets, SequencedMap<Place, Outcome> outcomes) {
        Set<Long> superseded = superseded(partition, offsets);
        for (long offset : offsets) {
            Outcome outcome = Outcome.SUPERSEDED;
            if (!superseded.contains(offset)) {
                Optional<ConsumerRecord<byte[], byte[]>> found = read(partition, offset);
                found.ifPresent(record -> publisher.accept(again(record)));
                outcome = found.isPresent() ? Outcome.REPLAYED : Outcome.GONE;
            }
            outcomes.put(new Place(partition.topic(), partition.partition(), offset), outcome);
        }
    }

    /** Those of {@code offsets} whose record has a newer one of its key, or was replayed. */
    private Set<Long> superseded(TopicPartition partition, TreeSet<Long> offsets) {
        consumer.assign(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        consumer.seek(partition, offsets.first());
        Map<ByteBuffer, Long> newest = new HashMap<>();
        Set<Long> superseded = new HashSet<>();
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> record : poll(partition)) {
                if (record.key() != null) {
                    ByteBuffer key = ByteBuffer.wrap(record.key());
                    Long before = newest.get(key);
                    if (before != null) {
                        superseded.add(before);
                        newest.put(key, record.offset());
                    } else if (offsets.contains(record.offset())) {
                        newest.put(key, record.offset());
                    }
                }
                replayed(record).ifPresent(superseded::add);
            }
        }
        return superseded;
    }

    private Optional<Long> replayed(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(OF);
        if (header == null || header.value() == null) {
            return Optional.empty();
        }
        String place = new String(header.value(), StandardCharsets.UTF_8);
        String here = record.partition() + "/";
        String offset = place.startsWith(here) ? place.substring(here.length()) : "";
        return offset.matches("\\d{1,18}") ? Optional.of(Long.valueOf(offset)) : Optional.empty();
    }

    private Optional<ConsumerRecord<byte[], byte[]>> read(TopicPartition partition, long offset) {
        consumer.seek(partition, offset);
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (offset < end && consumer.position(partition) == offset) {
            List<ConsumerRecord<byte[], byte[]>> records = poll(partition);
            if (!records.isEmpty()) {
                return records.stream()
                        .filter(record -> record.offset() == offset)
                        .findFirst();
            }
        }
        return Optional.empty();
    }

    private List<ConsumerRecord<byte[], byte[]>> poll(TopicPartition partition) {
        if (System.nanoTime() > deadline) {
            throw new TimeoutException(
                    "reading " + partition + " takes too long: at offset " + consumer.position(partition));
        }
        try {
            return consumer.poll(POLL).records(partition);
        } catch (OffsetOutOfRangeException e) {
            consumer.seekToBeginning(e.partitions());
            return List.of();
        }
    }

    private static ProducerRecord<byte[], byte[]> again(ConsumerRecord<byte[], byte[]> record) {
        List<Header> headers = new ArrayList<>();
        record.headers().forEach(header -> {
            if (!header.key().startsWith(ABOUT_LETTERS)) {
                headers.add(header);
            }
        });
        RecordHeaders all = new RecordHeaders(headers);
        all.add(OF, (record.partition() + "/" + record.offset()).getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(record.topic(), record.partition(), record.key(), record.value(), all);
    }
}
