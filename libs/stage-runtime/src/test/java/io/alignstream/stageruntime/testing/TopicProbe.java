package io.alignstream.stageruntime.testing;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A test's hand on the topics: writes and reads them with plain clients; for one thread. */
public final class TopicProbe implements AutoCloseable {

    private final String address;
    private final KafkaProducer<byte[], byte[]> producer;

    /** @param address value of {@code kafka.bootstrap.servers} */
    public TopicProbe(String address) {
        this.address = address;
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", address, "acks", "all", "max.request.size", Topic.MAX_RECORD_BYTES + 1024 * 1024);
        this.producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Publishes {@code event} and returns where it stands. */
    public <T> RecordMetadata publish(Topic<T> topic, T event) {
        return send(topic.record(event, "test"));
    }

    /** Publishes text that is no event. */
    public RecordMetadata publishText(Topic<?> topic, String key, String text) {
        return send(new ProducerRecord<>(
                topic.name(), key.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Withdraws {@code key}. */
    public RecordMetadata publishTombstone(Topic<?> topic, String key) {
        return send(new ProducerRecord<>(topic.name(), key.getBytes(StandardCharsets.UTF_8), null));
    }

    /** Sends {@code record} and waits for the acknowledgement. */
    public RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
        try {
            return producer.send(record).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("not published: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The committed records that stand in {@code topic} now. */
    public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", address, "isolation.level", "read_committed", "auto.offset.reset", "earliest");
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    /** The valid events that stand in {@code topic} now. */
    public <T> List<T> events(Topic<T> topic) {
        List<T> events = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records(topic.name())) {
            try {
                if (record.value() != null) {
                    events.add(topic.decode(record));
                }
            } catch (PoisonEventException e) {
                // not a valid event
            }
        }
        return events;
    }

    @Override
    public void close() {
        producer.close();
    }
}
