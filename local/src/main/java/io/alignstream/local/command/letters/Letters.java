package io.alignstream.local.command.letters;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.contracts.replay.Replay.Outcome;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The dead letters of a topic at a broker; for one thread. Every method throws a {@link KafkaException} if the broker is silent. */
final class Letters {

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    /** To hear nothing while what came after the letters is read, however long the topic is. */
    private static final Duration REPLAY_PATIENCE = Duration.ofMinutes(1);

    private final Topic<?> topic;
    private final Map<String, Object> connection;

    /**
     * Those of {@code topic}.
     *
     * @param connection where the broker is and, if it asks, who comes
     */
    Letters(Topic<?> topic, Map<String, Object> connection) {
        this.topic = topic;
        this.connection = Map.copyOf(connection);
    }

    /** Every letter that is kept, each once whoever has written it: what it is about, and why. */
    SequencedMap<Letter, String> all() {
        SequencedMap<Letter, String> letters = new LinkedHashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.deadLetters()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long heardAt = System.nanoTime();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                var records = consumer.poll(Duration.ofMillis(200));
                records.forEach(record -> Letter.of(record)
                        .filter(letter -> letter.place().topic().equals(topic.name()))
                        .ifPresent(letter -> letters.put(letter, Letter.header(record, "reason"))));
                if (!records.isEmpty()) {
                    heardAt = System.nanoTime();
                } else if (System.nanoTime() - heardAt > PATIENCE.toNanos()) {
                    throw new TimeoutException("no record for " + PATIENCE.toSeconds() + " s");
                }
            }
        }
        return letters;
    }

    /** Publishes the records that {@code letters} are about once more. */
    SequencedMap<Letter, Outcome> replay(Collection<Letter> letters) {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.MAX_RECORD_BYTES);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 30_000);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 60_000);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer();
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            return new Replay(consumer, record -> publish(producer, record), REPLAY_PATIENCE).of(letters);
        }
    }

    private static void publish(KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
        try {
            producer.send(record).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KafkaException refusal) {
                throw refusal;
            }
            throw new KafkaException(
                    e.getCause() == null ? e.toString() : e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted while a record was published", e);
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
        settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Topic.MAX_RECORD_BYTES + 1024 * 1024);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
