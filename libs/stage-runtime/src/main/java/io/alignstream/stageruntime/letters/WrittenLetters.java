package io.alignstream.stageruntime.letters;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.replay.Letter;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * Which dead letters of a stage stand in their topics; for one thread.
 *
 * <p>The topic is asked itself, once, before the first letter is written to it: it outlives offsets that the brokers forget.
 * A letter is known by what it is about: stage, topic, partition, offset and the event's key and value, because a topic that was
 * made anew has other events at the same offsets. Two instances of a service that meet an event in the same moment may both
 * write its letter: the same one, with the same key and headers, which counts once wherever letters are read.
 */
final class WrittenLetters {

    private static final Duration POLL = Duration.ofMillis(200);

    private final String stage;
    private final Supplier<Consumer<byte[], byte[]>> open;
    private final Map<String, Set<Letter>> written = new HashMap<>();

    /** @param open opens a consumer for a topic that is read */
    WrittenLetters(Stage stage, Supplier<Consumer<byte[], byte[]>> open) {
        this.stage = stage.id();
        this.open = open;
    }

    /**
     * Whether the dead letter of {@code event} was written, by whatever process.
     *
     * @throws org.apache.kafka.common.KafkaException if the broker does not answer
     */
    boolean hold(ConsumerRecord<byte[], byte[]> event) {
        return written.computeIfAbsent(event.topic(), this::read).contains(Letter.about(event));
    }

    /** The letter of {@code event} is written. */
    void add(ConsumerRecord<byte[], byte[]> event) {
        written.computeIfAbsent(event.topic(), topic -> new HashSet<>()).add(Letter.about(event));
    }

    /** Whether the letter of {@code event} is written is not known: its topic is asked again. */
    void forget(ConsumerRecord<byte[], byte[]> event) {
        written.remove(event.topic());
    }

    private Set<Letter> read(String about) {
        Set<Letter> letters = new HashSet<>();
        try (Consumer<byte[], byte[]> consumer = open.get()) {
            List<TopicPartition> partitions = consumer.partitionsFor(about + ".dead-letters").stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (!read(consumer, about, letters)) {
                    consumer.endOffsets(partitions); // fails if it is the broker that is silent
                }
            }
        }
        return letters;
    }

    private boolean read(Consumer<byte[], byte[]> consumer, String about, Set<Letter> letters) {
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> letter : records) {
                if (stage.equals(Letter.header(letter, "stage"))) {
                    Letter.of(letter)
                            .filter(one -> one.place().topic().equals(about))
                            .ifPresent(letters::add);
                }
            }
            return !records.isEmpty();
        } catch (OffsetOutOfRangeException e) {
            consumer.seekToBeginning(e.partitions()); // letters are not kept for ever
            return false;
        }
    }
}
