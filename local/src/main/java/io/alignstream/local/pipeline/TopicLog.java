package io.alignstream.local.pipeline;

import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.local.site.KafkaConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads whole topics by assignment, without a consumer group; not thread-safe.
 *
 * <p>Every method throws a {@link org.apache.kafka.common.KafkaException} if the broker is silent for 15 seconds.
 */
public final class TopicLog implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;

    /** All partitions of {@code topics}, from their beginning. */
    public TopicLog(KafkaConnection connection, List<String> topics) {
        consumer = consumer(connection);
        partitions = topics.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    private static KafkaConsumer<byte[], byte[]> consumer(KafkaConnection connection) {
        return new KafkaConsumer<>(
                connection.with(Map.of(
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                        5_000,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        (int) PATIENCE.toMillis(),
                        ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        10_000)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /**
     * Hands over the records of a part of one partition.
     *
     * @throws InvalidInputException if the topic does not hold the part any more
     */
    public static void range(
            KafkaConnection connection,
            String topic,
            PartitionRange part,
            Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        TopicPartition partition = new TopicPartition(topic, part.partition());
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(connection)) {
            consumer.assign(List.of(partition));
            long first = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, Long.MAX_VALUE);
            long last = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            if (first > part.begin() || last < part.end()) {
                throw new InvalidInputException(Reason.of("stage.recordsGone")
                        .with("partition", partition.toString())
                        .with("first", first)
                        .with("last", last)
                        .with("begin", part.begin())
                        .with("end", part.end()));
            }
            consumer.seek(partition, part.begin());
            long heardAt = System.nanoTime();
            while (consumer.position(partition) < part.end()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    if (record.offset() < part.end()) {
                        reader.accept(record);
                    }
                }
                if (!records.isEmpty()) {
                    heardAt = System.nanoTime();
                } else if (System.nanoTime() - heardAt > PATIENCE.toNanos()) {
                    throw new TimeoutException("no record for " + PATIENCE.toSeconds() + " s");
                }
            }
        }
    }

    /** Hands over every record up to the present end of the topics. */
    public void readToEnd(Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        long heardAt = System.nanoTime();
        while (partitions.stream()
                .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
            records.forEach(reader);
            if (!records.isEmpty()) {
                heardAt = System.nanoTime();
            } else if (System.nanoTime() - heardAt > PATIENCE.toNanos()) {
                throw new TimeoutException("no record for " + PATIENCE.toSeconds() + " s");
            }
        }
    }

    /** Sum of the present end offsets. */
    public long end() {
        return consumer.endOffsets(partitions).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /**
     * The newest event of each key up to the present end of {@code topic}, withdrawn ones left out, in the order in which they
     * were given. Poison counts as if it were not there, as it does for the services.
     */
    public static <T> SequencedMap<String, T> newest(KafkaConnection connection, Topic<T> topic) {
        SequencedMap<String, T> newest = new LinkedHashMap<>();
        try (TopicLog log = new TopicLog(connection, List.of(topic.name()))) {
            log.readToEnd(record -> {
                if (record.key() != null) {
                    take(topic, record, new String(record.key(), StandardCharsets.UTF_8), newest);
                }
            });
        }
        return newest;
    }

    private static <T> void take(
            Topic<T> topic, ConsumerRecord<byte[], byte[]> record, String key, SequencedMap<String, T> newest) {
        if (record.value() == null) {
            newest.remove(key);
            return;
        }
        try {
            newest.putLast(key, topic.decode(record));
        } catch (PoisonEventException e) {
            // The services set it aside with its reason, and what was there before it counts.
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
