package io.alignstream.local.pipeline;

import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.service.CallersTrace;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes events that are not in their topic yet; for use by one thread.
 *
 * <p>An event counts as published if the newest record of its key has the same value. So publishing the same events
 * again publishes nothing, and publishing that was killed in the middle goes on where it was. Memory: some 250 bytes
 * for each key in the topic while it is published to.
 */
public final class Publisher implements AutoCloseable {

    private static final String SOURCE = "alignstream-local";

    private final KafkaConnection connection;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    public Publisher(KafkaConnection connection) {
        this.connection = connection;
        this.producer = new KafkaProducer<>(
                connection.with(Map.of(
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        20,
                        ProducerConfig.BATCH_SIZE_CONFIG,
                        256 * 1024,
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "lz4",
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        Topic.MAX_RECORD_BYTES,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        30_000,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        10_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        30_000)),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Publishes the new ones of {@code source}'s events in their order and returns when all are acknowledged.
     *
     * @param progress is told how many events were looked at so far
     * @return how many were new
     */
    public <T> long publish(Topic<T> topic, EventSet.Source<T> source, LongConsumer progress) {
        Map<ByteBuffer, ByteBuffer> published = published(topic);
        long[] seen = {0};
        long[] sent = {0};
        source.forEach(event -> {
            ProducerRecord<byte[], byte[]> record = topic.record(event, SOURCE);
            CallersTrace.stamp(record);
            ByteBuffer value = hash(record.value());
            if (!value.equals(published.put(ByteBuffer.wrap(record.key()), value))) {
                send(record);
                sent[0]++;
            }
            progress.accept(++seen[0]);
            requireNoFailure(topic);
        });
        producer.flush();
        requireNoFailure(topic);
        return sent[0];
    }

    /** Publishes one event, even if the newest record of its key is the same: it becomes the newest of its topic. */
    public <T> void publishAgain(Topic<T> topic, T event) {
        publishAgain(topic, topic.record(event, SOURCE));
    }

    /** Publishes token batches in their order, as the packer does. */
    public void publishPacked(List<TokenBatch> batches) {
        TokenBatch.Ledgers ledgers = new TokenBatch.Ledgers();
        batches.forEach(batch -> publishAgain(Topic.TOKEN_BATCHES, ledgers.record(batch, SOURCE)));
    }

    /** Publishes records as they are, in their order, and returns when all are acknowledged. */
    public void publishAsIs(Topic<?> topic, List<ProducerRecord<byte[], byte[]>> records) {
        records.forEach(this::send);
        producer.flush();
        requireNoFailure(topic);
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        var acknowledged = producer.send(record, (metadata, exception) -> {
            if (exception != null) {
                failure.compareAndSet(null, exception);
            }
        });
    }

    private void publishAgain(Topic<?> topic, ProducerRecord<byte[], byte[]> record) {
        CallersTrace.stamp(record);
        publishAsIs(topic, List.of(record));
    }

    private void requireNoFailure(Topic<?> topic) {
        Exception exception = failure.get();
        if (exception != null) {
            throw LaunchException.ofKafka(
                    "Kafka did not take an event of " + topic + ": " + exception.getMessage(), exception);
        }
    }

    /** The hash of the newest value of each key. */
    private Map<ByteBuffer, ByteBuffer> published(Topic<?> topic) {
        Map<ByteBuffer, ByteBuffer> published = new HashMap<>();
        try (TopicLog log = new TopicLog(connection, List.of(topic.name()))) {
            log.readToEnd(record -> {
                if (record.key() != null && record.value() != null) {
                    published.put(ByteBuffer.wrap(record.key()), hash(record.value()));
                } else if (record.key() != null) {
                    published.remove(ByteBuffer.wrap(record.key()));
                }
            });
        }
        return published;
    }

    private static ByteBuffer hash(byte[] value) {
        return ByteBuffer.wrap(new Sha256().add(value).bytes());
    }

    @Override
    public void close() {
        producer.close();
    }
}
