package io.alignstream.stageruntime.retention;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.training.retention.Registry;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Reads the registry topics to their present end, whatever the stage follows; thread-safe.
 *
 * <p>All of them or a failure: who would take half a registry for the whole one would delete what the other half names.
 */
@Singleton
public class RegistryReader {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final KafkaReaders readers;

    RegistryReader(KafkaReaders readers) {
        this.readers = readers;
    }

    /**
     * What the topics hold now.
     *
     * @throws org.apache.kafka.common.KafkaException if that cannot be read
     * @throws IllegalStateException if a topic is not there
     */
    public Registry read() {
        return new Registry(newest(Topic.CHECKPOINTS), newest(Topic.MODEL_RELEASES));
    }

    /**
     * The newest valid event of each key of a registry topic, the oldest first, as it is at the brokers now.
     *
     * @throws org.apache.kafka.common.KafkaException if that cannot be read
     * @throws IllegalStateException if the topic is not there
     * @throws io.alignstream.contracts.check.NewerEventException if a later release has written to it: half a registry is none
     */
    public <T> List<T> newest(Topic<T> topic) {
        SequencedMap<String, T> newest = new LinkedHashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = readers.open()) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new IllegalStateException("topic " + topic + " is not there, so nobody knows what is needed");
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long heardAt = System.nanoTime();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                var records = consumer.poll(POLL);
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    take(topic, record, newest);
                }
                if (!records.isEmpty()) {
                    heardAt = System.nanoTime();
                } else if (System.nanoTime() - heardAt > PATIENCE.toNanos()) {
                    throw new TimeoutException("no record of " + topic + " for " + PATIENCE.toSeconds() + " s");
                }
            }
        }
        return List.copyOf(newest.values());
    }

    private static <T> void take(
            Topic<T> topic, ConsumerRecord<byte[], byte[]> record, SequencedMap<String, T> newest) {
        if (record.key() == null) {
            return;
        }
        String key = new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            newest.remove(key);
            return;
        }
        topic.requireKnown(record.value(), record.headers(), record.partition(), record.offset());
        try {
            T event = topic.decode(record);
            newest.remove(key);
            newest.putLast(key, event);
        } catch (PoisonEventException e) {
            // The services' views leave it out, too, and have put it to the dead letters.
        }
    }
}
