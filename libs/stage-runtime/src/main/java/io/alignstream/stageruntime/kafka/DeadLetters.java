package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jboss.logging.Logger;

/**
 * Sends poison events to {@code TOPIC.dead-letters} as a {@link DeadLetter}, each once, and remembers the newest ones, across
 * restarts; they are sent by one thread, any may ask for {@link #recent}.
 */
@ApplicationScoped
public class DeadLetters {

    private static final Logger LOG = Logger.getLogger(DeadLetters.class);
    private static final int REMEMBERED = 100;

    private final EventPublisher publisher;
    private final StageDefinition definition;
    private final MeterRegistry meters;
    private final WrittenLetters written;
    /** By place, so that one that is read again is the same. */
    private final KeptRecords<Remembered> remembered;

    DeadLetters(
            EventPublisher publisher,
            StageDefinition definition,
            MeterRegistry meters,
            KafkaReaders readers,
            KeptState state) {
        this.remembered = new KeptRecords<>(state, "dead-letters", Remembered.class);
        this.publisher = publisher;
        this.definition = definition;
        this.meters = meters;
        this.written = new WrittenLetters(definition.stage(), readers::open);
    }

    /** The poison events that were read last, newest first, at most {@value #REMEMBERED}. */
    public List<PoisonEvent> recent() {
        return inOrder().reversed().stream().map(Remembered::event).toList();
    }

    private List<Remembered> inOrder() {
        List<Remembered> all = new ArrayList<>();
        remembered.forEach((place, one) -> all.add(one));
        all.sort(Comparator.comparingLong(Remembered::number));
        return all;
    }

    /**
     * A poison event as it is kept.
     *
     * @param number rises with each
     * @param time the record's timestamp, in milliseconds
     */
    record Remembered(long number, String topic, int partition, long offset, String key, Reason reason, long time) {

        private PoisonEvent event() {
            return new PoisonEvent(topic, partition, offset, key, reason, Instant.ofEpochMilli(time));
        }

        private String place() {
            return topic + '/' + partition + '/' + offset;
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
        List<Remembered> before = inOrder();
        Remembered event = new Remembered(
                before.isEmpty() ? 0 : before.getLast().number() + 1,
                record.topic(),
                record.partition(),
                record.offset(),
                record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8),
                cause instanceof Explained explained
                        ? explained.reason()
                        : Reason.of("poison.handlerFailed").with("detail", DeadLetter.reason(cause)),
                Math.max(0, record.timestamp()));
        if (before.size() >= REMEMBERED) {
            remembered.remove(before.getFirst().place());
        }
        remembered.put(event.place(), event);
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
