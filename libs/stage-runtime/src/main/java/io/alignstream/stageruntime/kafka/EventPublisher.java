package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.Topic;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.OutgoingMessageMetadata;
import io.smallrye.reactive.messaging.kafka.Record;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Metadata;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/**
 * Publishes events of any topic through the channel {@value #CHANNEL}; thread-safe, blocking: not for I/O threads.
 *
 * <p>Every method returns when all in-sync replicas have the event. One that throws may have published nevertheless:
 * publish again, consumers tell events apart by id and key.
 */
@ApplicationScoped
public class EventPublisher {

    /** Name of the outgoing channel in the configuration. */
    static final String CHANNEL = "events";

    private final MutinyEmitter<Record<byte[], byte[]>> emitter;
    private final String source;

    EventPublisher(
            // Unbounded is safe: the callers block until their event is acknowledged, so each holds one place.
            @Channel(CHANNEL) @OnOverflow(OnOverflow.Strategy.UNBOUNDED_BUFFER)
                    MutinyEmitter<Record<byte[], byte[]>> emitter,
            @ConfigProperty(name = "quarkus.application.name") String source) {
        this.emitter = emitter;
        this.source = source;
    }

    /** Publishes {@code event} and returns where it stands. */
    public <T> RecordMetadata publish(Topic<T> topic, T event) {
        return send(topic.record(event, source));
    }

    /** Publishes {@code events} in their order, which holds for each key, and waits once for all of them. */
    public <T> void publishAll(Topic<T> topic, Collection<T> events) {
        if (!events.isEmpty()) {
            Uni.join()
                    .all(events.stream()
                            .map(event -> sendLater(topic.record(event, source)))
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
        return sendLater(topic.record(event, source));
    }

    RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
        return sendLater(record).await().indefinitely();
    }

    private Uni<RecordMetadata> sendLater(ProducerRecord<byte[], byte[]> record) {
        return Uni.createFrom().deferred(() -> {
            OutgoingMessageMetadata<RecordMetadata> result = new OutgoingMessageMetadata<>();
            var destination = OutgoingKafkaRecordMetadata.<byte[]>builder()
                    .withTopic(record.topic())
                    .withKey(record.key())
                    .withHeaders(record.headers())
                    .build();
            return emitter.sendMessage(
                            Message.of(Record.of(record.key(), record.value()), Metadata.of(destination, result)))
                    .map(ignored -> Objects.requireNonNull(result.getResult(), "the broker's acknowledgement"));
        });
    }
}
