package io.alignstream.contracts.replay;

import io.alignstream.contracts.Topic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Publishes records of a topic once more, as they stand there: what could not be processed then may be now.
 *
 * <p>The newest record of a key counts, so one that has a newer record of its key is left alone. That is true of a record that
 * was replayed, so a replay twice is one; records without a key are known by the header {@value #OF}.
 *
 * <p>Whether there is a newer record is asked again immediately before each is published. Kafka cannot ask and publish in one:
 * what somebody else publishes of the same key within these milliseconds, or has published in a transaction that is open then,
 * is not seen, and the replayed record may stand behind it; two processes that replay the same in the same moment may both
 * publish it. A newer record is looked for in the record's own partition, where all of its key stand as long as nobody changes
 * the number of partitions. For one thread.
 */
public final class Replay {

    /** Header of a replayed record: {@code partition/offset} of the record that it repeats. */
    public static final String OF = "dead-letter-replay-of";

    /** Headers that begin so are about a dead letter and no part of the record. */
    public static final String ABOUT_LETTERS = "dead-letter-";

    /** Topics whose readers look at each key by itself, so that an old record at the end replaces no other one's. */
    private static final List<Topic<?>> SUITED = List.of(
            Topic.DOCUMENTS,
            Topic.CLEAN_DOCUMENTS,
            Topic.INSTRUCTIONS,
            Topic.PROMPTS,
            Topic.RANKING_REQUESTS,
            Topic.RANKINGS,
            Topic.FEEDBACK,
            Topic.SHADOW_ANSWERS);

    private static final Duration POLL = Duration.ofMillis(500);

    private final Consumer<byte[], byte[]> consumer;
    private final java.util.function.Consumer<ProducerRecord<byte[], byte[]>> publisher;
    private final Duration patience;
    private long heardAt;

    /** Where a record stands. */
    public record Place(String topic, int partition, long offset) {}

    /** What became of a record. */
    public enum Outcome {
        /** It stands at the end of its topic again. */
        REPLAYED,
        /** Its topic holds a newer record of its key, or it was replayed before. */
        SUPERSEDED,
        /** Its topic does not hold it any more: nothing stands in its place, or another record does. */
        GONE,
        /** The brokers do not take it, for example because it is too large with the header that a replay adds. */
        REFUSED
    }

    /**
     * A replay.
     *
     * @param consumer reads committed records and belongs to no group; stays open
     * @param publisher returns when the record is in its topic
     * @param patience after which reading fails if nothing comes
     */
    public Replay(
            Consumer<byte[], byte[]> consumer,
            java.util.function.Consumer<ProducerRecord<byte[], byte[]>> publisher,
            Duration patience) {
        this.consumer = consumer;
        this.publisher = publisher;
        this.patience = patience;
        this.heardAt = System.nanoTime();
    }

    /**
     * The topics whose records can be published once more. Those of registries, guidelines and token batches cannot: what counts
     * there goes by the order of all records, whatever their keys, so an old one at the end would be the newest.
     */
    public static List<Topic<?>> suited() {
        return SUITED;
    }

    /**
     * Replays what {@code letters} are about, in the order of its topics.
     *
     * @return what became of each
     * @throws TimeoutException if the broker falls silent; some may be replayed then, and another replay goes on with the
     *     others
     */
    public SequencedMap<Letter, Outcome> of(Collection<Letter> letters) {
        Map<TopicPartition, TreeMap<Long, Set<Letter>>> wanted =
                new TreeMap<>(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
        for (Letter letter : letters) {
            wanted.computeIfAbsent(partition(letter.place()), partition -> new TreeMap<>())
                    .computeIfAbsent(letter.place().offset(), offset -> new LinkedHashSet<>())
                    .add(letter);
        }
        SequencedMap<Letter, Outcome> outcomes = new LinkedHashMap<>();
        wanted.forEach((partition, byOffset) -> {
            consumer.assign(List.of(partition));
            heard();
            Newer newer = new Newer(partition, byOffset);
            newer.read();
            byOffset.values().forEach(those -> those.forEach(letter -> outcomes.put(letter, replay(letter, newer))));
        });
        return outcomes;
    }

    private Outcome replay(Letter letter, Newer newer) {
        long offset = letter.place().offset();
        if (!newer.there.contains(letter)) {
            return Outcome.GONE;
        }
        if (newer.superseded.contains(offset)) {
            return Outcome.SUPERSEDED;
        }
        Optional<ConsumerRecord<byte[], byte[]>> found = standing(letter);
        if (found.isEmpty()) {
            return Outcome.GONE;
        }
        newer.read();
        if (newer.superseded.contains(offset)) {
            return Outcome.SUPERSEDED;
        }
        try {
            publisher.accept(again(found.get()));
            return Outcome.REPLAYED;
        } catch (RecordTooLargeException | RecordBatchTooLargeException | InvalidRecordException e) {
            return Outcome.REFUSED;
        } finally {
            heard();
        }
    }

    /** What is known of the records behind the wanted ones of a partition, as far as it was read. */
    private final class Newer {

        final TopicPartition partition;
        final Map<Long, Set<Letter>> wanted;
        final Map<ByteBuffer, Long> newest = new HashMap<>();
        /** Offsets of wanted records that have a newer one of their key, or were replayed. */
        final Set<Long> superseded = new HashSet<>();
        /** Letters whose records stand in their places. */
        final Set<Letter> there = new HashSet<>();

        long next;

        Newer(TopicPartition partition, TreeMap<Long, Set<Letter>> wanted) {
            this.partition = partition;
            this.wanted = wanted;
            this.next = wanted.firstKey();
        }

        /** Reads on to the partition's end of now. */
        void read() {
            long end = end(partition);
            consumer.seek(partition, next);
            while (consumer.position(partition) < end) {
                poll(partition).forEach(this::take);
            }
            next = consumer.position(partition);
        }

        private void take(ConsumerRecord<byte[], byte[]> record) {
            Set<Letter> here = wanted.getOrDefault(record.offset(), Set.of());
            if (!here.isEmpty() && here.contains(Letter.about(record))) {
                there.add(Letter.about(record));
            }
            if (record.key() != null) {
                ByteBuffer key = ByteBuffer.wrap(record.key());
                Long before = newest.get(key);
                if (before != null) {
                    superseded.add(before);
                }
                if (before != null || !here.isEmpty()) {
                    newest.put(key, record.offset());
                }
            }
            replayed(record).ifPresent(superseded::add);
        }
    }

    /**
     * The record that {@code letter} is about; empty if its topic does not hold it any more.
     *
     * @throws TimeoutException if the broker does not give it in time
     */
    public Optional<ConsumerRecord<byte[], byte[]>> read(Letter letter) {
        consumer.assign(List.of(partition(letter.place())));
        heard();
        return standing(letter);
    }

    private Optional<ConsumerRecord<byte[], byte[]>> standing(Letter letter) {
        TopicPartition partition = partition(letter.place());
        long offset = letter.place().offset();
        long end = end(partition);
        consumer.seek(partition, offset);
        while (offset < end && consumer.position(partition) == offset) {
            Optional<ConsumerRecord<byte[], byte[]>> first =
                    poll(partition).stream().findFirst();
            if (first.isPresent()) {
                return first.filter(record -> Letter.about(record).equals(letter));
            }
        }
        return Optional.empty();
    }

    private long end(TopicPartition partition) {
        return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    private static TopicPartition partition(Place place) {
        return new TopicPartition(place.topic(), place.partition());
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

    private List<ConsumerRecord<byte[], byte[]>> poll(TopicPartition partition) {
        long before = consumer.position(partition);
        if (System.nanoTime() - heardAt > patience.toNanos()) {
            throw new TimeoutException(
                    "nothing of " + partition + " behind offset " + before + " for " + patience.toSeconds() + " s");
        }
        try {
            List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(POLL).records(partition);
            if (consumer.position(partition) != before) {
                heard();
            }
            return records;
        } catch (OffsetOutOfRangeException e) {
            consumer.seekToBeginning(e.partitions());
            return List.of();
        }
    }

    private void heard() {
        heardAt = System.nanoTime();
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
