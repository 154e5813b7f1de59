package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.tracing.Tracing;
import io.alignstream.stageruntime.tracking.Tracking;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Publishes events of any topic; thread-safe, blocking: not for I/O threads.
 *
 * <p>Every method returns when all in-sync replicas have the event. One that throws may have published nevertheless:
 * publish again, consumers tell events apart by id and key. What the brokers refuse fails at once with a {@link
 * io.alignstream.contracts.rights.BrokerRefusedException}.
 */
@ApplicationScoped
public class EventPublisher {

    private static final int PATIENCE_MS = 60_000;
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final KafkaProducer<byte[], byte[]> producer;
    private final BrokerRefusals refusals;
    private final Tracking tracking;
    private final String source;
    /** The client blocks while it does not know a topic's partitions; one thread keeps the order of what is sent. */
    private final ExecutorService sender;

    EventPublisher(
            @Identifier("default-kafka-broker") Map<String, Object> connection,
            BrokerRefusals refusals,
            Tracking tracking,
            @ConfigProperty(name = "quarkus.application.name") String source) {
        this.producer = new KafkaProducer<>(settings(connection), new ByteArraySerializer(), new ByteArraySerializer());
        this.refusals = refusals;
        this.tracking = tracking;
        this.source = source;
        this.sender = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("event-publisher").daemon().factory());
    }

    private static Map<String, Object> settings(Map<String, Object> connection) {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // lz4 also works where the temporary folder does not allow native code.
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.MAX_RECORD_BYTES);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MS);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MS);
        return settings;
    }

    /** The record of {@code event}, which is caused by what the calling thread does. */
    private <T> ProducerRecord<byte[], byte[]> record(Topic<T> topic, T event) {
        ProducerRecord<byte[], byte[]> record = topic.record(event, source);
        Tracing.stamp(record.headers());
        return record;
    }

    /** Publishes {@code event} and returns where it stands. */
    public <T> RecordMetadata publish(Topic<T> topic, T event) {
        RecordMetadata place = send(record(topic, event));
        switch (event) {
            case Checkpoint checkpoint -> tracking.published(checkpoint);
            case ModelRelease release -> tracking.published(release);
            default -> {} // no run's result
        }
        return place;
    }

    /** Publishes {@code events} in their order, which holds for each key, and waits once for all of them. */
    public <T> void publishAll(Topic<T> topic, Collection<T> events) {
        if (!events.isEmpty()) {
            Uni.join()
                    .all(events.stream()
                            .map(event -> sendLater(record(topic, event)))
                            .toList())
                    .andFailFast()
                    .await()
                    .indefinitely();
        }
    }

    /** Withdraws the events of {@code key} by a tombstone. */
    public RecordMetadata withdraw(Topic<?> topic, String key) {
        return send(new ProducerRecord<>(topic.name(), key.getBytes(StandardCharsets.UTF_8), null));
    }

    /** Publishes {@code event} in the background; the result completes on a thread of the Kafka client. */
    public <T> Uni<RecordMetadata> publishLater(Topic<T> topic, T event) {
        return sendLater(record(topic, event));
    }

    /** Publishes a record that is no event, or was one, as it is. */
    public RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
        return sendLater(record).await().indefinitely();
    }

    private Uni<RecordMetadata> sendLater(ProducerRecord<byte[], byte[]> record) {
        return Uni.createFrom().emitter(result -> sender.execute(() -> send(record, result)));
    }

    private void send(ProducerRecord<byte[], byte[]> record, UniEmitter<? super RecordMetadata> result) {
        try {
            var acknowledged = producer.send(record, (place, failure) -> {
                if (failure == null) {
                    result.complete(place);
                } else {
                    result.fail(refusals.explained(failure, AclOperation.WRITE));
                }
            });
        } catch (RuntimeException e) {
            result.fail(refusals.explained(e, AclOperation.WRITE));
        }
    }

    @PreDestroy
    void close() {
        sender.shutdown();
        producer.close(LAST_WORDS);
    }
}
