package io.alignstream.stageruntime.letters;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.resource.ResourceType;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends poison events to {@code TOPIC.dead-letters} as a {@link DeadLetter}, each once, and remembers the newest ones, across
 * restarts; they are sent by one thread, any may remember one, ask for {@link #recent} and have them replayed.
 */
@ApplicationScoped
public class DeadLetters {

    private static final Logger LOG = Logger.getLogger(DeadLetters.class);
    private static final int REMEMBERED = 100;
    private static final int SHOWN_BYTES = 65_536;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(200);
    /** Reading what came after a letter may take that long. */
    private static final Duration REPLAY_PATIENCE = Duration.ofSeconds(30);

    private final EventPublisher publisher;
    private final StageDefinition definition;
    private final MeterRegistry meters;
    private final WrittenLetters written;
    private final KafkaReaders readers;
    /** Held while records are replayed; events are remembered meanwhile. */
    private final Object replaying = new Object();

    /** By place, so that one that is read again is the same. */
    private final KeptRecords<Remembered> remembered;

    DeadLetters(
            EventPublisher publisher,
            StageDefinition definition,
            MeterRegistry meters,
            KafkaReaders readers,
            KeptState state) {
        this.remembered = new KeptRecords<>(state, "dead-letters", Remembered.class);
        this.readers = readers;
        this.publisher = publisher;
        this.definition = definition;
        this.meters = meters;
        this.written = new WrittenLetters(definition.stage(), readers::open);
    }

    /** The poison events that were read last, newest first, at most {@value #REMEMBERED}. */
    public List<PoisonEvent> recent() {
        return inOrder().reversed().stream()
                .map(one -> one.event(way(one.topic())))
                .toList();
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
     * @param replayed whether it was published once more, or has a newer record of its key
     */
    record Remembered(
            long number,
            String topic,
            int partition,
            long offset,
            String key,
            Reason reason,
            long time,
            boolean replayed) {

        private PoisonEvent event(Way way) {
            return new PoisonEvent(topic, partition, offset, key, reason, Instant.ofEpochMilli(time), replayed, way);
        }

        private Remembered settled() {
            return new Remembered(number, topic, partition, offset, key, reason, time, true);
        }

        private String place() {
            return key(new Replay.Place(topic, partition, offset));
        }

        private static String key(Replay.Place place) {
            return place.topic() + '/' + place.partition() + '/' + place.offset();
        }
    }

    /**
     * A poison event.
     *
     * @param key the record's key, empty if it has none
     * @param reason why it can never be processed
     * @param time the record's timestamp
     * @param replayed whether it was published once more, or has a newer record of its key
     * @param replay who may do that
     */
    public record PoisonEvent(
            String topic,
            int partition,
            long offset,
            String key,
            Reason reason,
            Instant time,
            boolean replayed,
            Way replay) {

        private Replay.Place place() {
            return new Replay.Place(topic, partition, offset);
        }
    }

    /** Who may publish a record of a topic once more, by the rights at the brokers. */
    public enum Way {
        /** This service, which writes the topic. */
        @JsonProperty("here")
        HERE,
        /** People, by {@code ./alignstream replay}. */
        @JsonProperty("command")
        COMMAND,
        /** Only the service that writes the topic, which makes its events anew. */
        @JsonProperty("nobody")
        NOBODY
    }

    /** What became of records that were to be replayed, how many of each. */
    public record Replayed(long replayed, long superseded, long gone) {

        private static Replayed of(Collection<Replay.Outcome> outcomes) {
            return new Replayed(
                    count(outcomes, Replay.Outcome.REPLAYED),
                    count(outcomes, Replay.Outcome.SUPERSEDED),
                    count(outcomes, Replay.Outcome.GONE));
        }

        private static long count(Collection<Replay.Outcome> outcomes, Replay.Outcome one) {
            return outcomes.stream().filter(one::equals).count();
        }
    }

    private Way way(String topic) {
        if (mayWrite(BrokerUser.of(definition.stage()), topic)) {
            return Way.HERE;
        }
        return mayWrite(BrokerUser.OPERATOR, topic) ? Way.COMMAND : Way.NOBODY;
    }

    private static boolean mayWrite(BrokerUser user, String topic) {
        return user.operations(ResourceType.TOPIC, topic).contains(AclOperation.WRITE);
    }

    /**
     * Publishes the records of {@code events} once more, one caller at a time, so that whoever asks twice gets it once.
     *
     * @throws KafkaException if the broker does not answer in time; some may be replayed then
     */
    public Replayed replay(Collection<PoisonEvent> events) {
        synchronized (replaying) {
            try (KafkaConsumer<byte[], byte[]> consumer = readers.open()) {
                Map<Replay.Place, Replay.Outcome> outcomes = new Replay(consumer, publisher::send, REPLAY_PATIENCE)
                        .of(events.stream().map(PoisonEvent::place).toList());
                outcomes.forEach(this::settle);
                return Replayed.of(outcomes.values());
            }
        }
    }

    private synchronized void settle(Replay.Place place, Replay.Outcome outcome) {
        String key = Remembered.key(place);
        LOG.infof("Replay of %s: %s", key, outcome);
        if (outcome != Replay.Outcome.GONE) {
            remembered.get(key).ifPresent(one -> remembered.put(key, one.settled()));
        }
    }

    /**
     * A record as it stands on its topic.
     *
     * @param headers texts by name
     * @param size of the value, in bytes
     * @param text the value, at most {@value #SHOWN_BYTES} bytes of it; null if it is no text
     */
    public record OriginalRecord(
            String key, SortedMap<String, String> headers, int size, boolean cut, @Nullable String text) {}

    /** The record of a poison event; empty if it is not there any more, or the broker does not give it in time. */
    public Optional<OriginalRecord> original(PoisonEvent event) {
        return read(event).map(DeadLetters::shown);
    }

    /** Its value, without one no bytes; empty likewise. */
    public Optional<byte[]> value(PoisonEvent event) {
        return read(event).map(record -> record.value() == null ? new byte[0] : record.value());
    }

    private Optional<ConsumerRecord<byte[], byte[]>> read(PoisonEvent event) {
        TopicPartition place = new TopicPartition(event.topic(), event.partition());
        long offset = event.offset();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (KafkaConsumer<byte[], byte[]> consumer = readers.open()) {
            consumer.assign(List.of(place));
            consumer.seek(place, offset);
            List<ConsumerRecord<byte[], byte[]>> found = List.of();
            while (found.isEmpty() && System.nanoTime() < deadline) {
                found = consumer.poll(POLL).records(place);
            }
            return found.stream().filter(record -> record.offset() == offset).findFirst();
        } catch (KafkaException e) {
            LOG.warnf("The record at offset %d of %s cannot be read: %s", offset, place, e);
            return Optional.empty();
        }
    }

    private static OriginalRecord shown(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value() == null ? new byte[0] : record.value();
        boolean cut = value.length > SHOWN_BYTES;
        String text = text(cut ? Arrays.copyOf(value, SHOWN_BYTES) : value);
        // What is no text has characters that no text has; the last one may have been cut in two.
        boolean readable = text.chars().limit(Math.max(0, text.length() - 1L)).noneMatch(c -> c == 0xFFFD || c == 0);
        SortedMap<String, String> headers = new TreeMap<>();
        record.headers().forEach(header -> headers.put(header.key(), text(header.value())));
        return new OriginalRecord(text(record.key()), headers, value.length, cut, readable ? text : null);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Remembers an event whose dead letter was published before. */
    public void remember(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        remember(
                new Replay.Place(record.topic(), record.partition(), record.offset()),
                record.key(),
                record.timestamp(),
                cause);
    }

    /** The same of the record at {@code place}. */
    public synchronized void remember(Replay.Place place, byte @Nullable [] key, long timestamp, Throwable cause) {
        List<Remembered> before = inOrder();
        Remembered event = new Remembered(
                before.isEmpty() ? 0 : before.getLast().number() + 1,
                place.topic(),
                place.partition(),
                place.offset(),
                key == null ? "" : new String(key, StandardCharsets.UTF_8),
                cause instanceof Explained explained
                        ? explained.reason()
                        : Reason.of("poison.handlerFailed").with("detail", DeadLetter.reason(cause)),
                Math.max(0, timestamp),
                remembered
                        .get(Remembered.key(place))
                        .filter(Remembered::replayed)
                        .isPresent());
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
