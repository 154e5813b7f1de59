package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.StageDefinition;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jboss.logging.Logger;

/**
 * Sends poison events to {@code TOPIC.dead-letters} as a {@link DeadLetter}, each once, and remembers the newest ones;
 * they are sent by one thread, any may ask for {@link #recent}.
 */
@ApplicationScoped
public class DeadLetters {

    private static final Logger LOG = Logger.getLogger(DeadLetters.class);
    private static final int REMEMBERED = 100;

    private final EventPublisher publisher;
    private final StageDefinition definition;
    private final MeterRegistry meters;
    private final WrittenLetters written;
    private final Deque<PoisonEvent> recent = new ArrayDeque<>();

    DeadLetters(EventPublisher publisher, StageDefinition definition, MeterRegistry meters, KafkaReaders readers) {
        this.publisher = publisher;
        this.definition = definition;
        this.meters = meters;
        this.written = new WrittenLetters(definition.stage(), readers::open);
    }

    /** The poison events seen since start-up, newest first, at most {@value #REMEMBERED}. */
    public List<PoisonEvent> recent() {
        synchronized (recent) {
            return List.copyOf(recent.reversed());
        }
    }

    /**
     * A poison event.
     *
     * @param key the record's key, empty if it has none
     * @param reason why it can never be processed
     * @param time the record's timestamp
     */
    public record PoisonEvent(String topic, int partition, long offset, String key, Reason reason, Instant time) {}

    /** Remembers an event whose dead letter was published before. */
    public void remember(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        PoisonEvent event = new PoisonEvent(
                record.topic(),
                record.partition(),
                record.offset(),
                record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8),
                cause instanceof Explained explained
                        ? explained.reason()
                        : Reason.of("poison.handlerFailed").with("detail", DeadLetter.reason(cause)),
                Instant.ofEpochMilli(Math.max(0, record.timestamp())));
        synchronized (recent) {
            recent.addLast(event);
            if (recent.size() > REMEMBERED) {
                recent.removeFirst();
            }
        }
    }

    /**
     * Publishes the dead letter of {@code record}, unless it stands in its topic already; throws if the broker does not
     * take it.
     */
    public void publish(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        if (!written.hold(record)) {
            try {
                send(record, cause);
            } catch (RuntimeException e) {
                written.forget(record); // it may have been published nevertheless
                throw e;
            }
            written.add(record);
            meters.counter(
                            "alignstream.dead.letters",
                            "stage",
                            definition.stage().id(),
                            "topic",
                            record.topic())
                    .increment();
            LOG.warnf(
                    cause instanceof RuntimeException ? cause : null,
                    "Poison event in %s, partition %d, offset %d: %s",
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    DeadLetter.reason(cause));
        }
        remember(record, cause);
    }

    private void send(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        DeadLetter.Original original = new DeadLetter.Original(
                record.key(),
                record.value(),
                record.headers(),
                new DeadLetter.Place(record.topic(), record.partition(), record.offset()));
        try {
            send(record.topic(), DeadLetter.of(definition.stage(), original, cause));
        } catch (RecordTooLargeException e) {
            // The brokers are others than those that this project sets up, and take less.
            send(record.topic(), DeadLetter.of(definition.stage(), original, cause, DeadLetter.SMALL));
        }
    }

    private void send(String topic, DeadLetter letter) {
        publisher.send(
                new ProducerRecord<>(topic + ".dead-letters", null, letter.key(), letter.value(), letter.headers()));
    }
}
