package io.alignstream.stageruntime.letters;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.metrics.Meters;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
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
    /** To hear nothing while what came after a letter is read. */
    private static final Duration REPLAY_PATIENCE = Duration.ofSeconds(30);

    private final EventPublisher publisher;
    private final StageDefinition definition;
    private final Meters meters;
    private final WrittenLetters written;
    private final KafkaReaders readers;
    /** Held while records are replayed; events are remembered meanwhile. */
    private final Object replaying = new Object();

    private final Object reading = new Object();

    /** By place, so that one that is read again is the same; in a table that outlives what is kept of the topics. */
    private final KeptRecords<Remembered> remembered;

    /** The places in the order in which they were remembered last, which is that of the numbers; read when first needed. */
    private @Nullable LinkedHashSet<String> places;

    private long nextNumber;

    DeadLetters(
            EventPublisher publisher,
            StageDefinition definition,
            Meters meters,
            KafkaReaders readers,
            KeptState state) {
        this.remembered = new KeptRecords<>(state, KeptState.LASTING + "dead-letters", Remembered.class);
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
     * @param record tells records apart that stood at the same place, as {@link Letter} does
     * @param replayed whether it was published once more, has a newer record of its key, or is not there any more
     */
    record Remembered(
            long number,
            String topic,
            int partition,
            long offset,
            String record,
            String key,
            Reason reason,
            long time,
            boolean replayed) {

        private PoisonEvent event(Way way) {
            return new PoisonEvent(
                    topic, partition, offset, record, key, reason, Instant.ofEpochMilli(time), replayed, way);
        }

        private Remembered settled() {
            return new Remembered(number, topic, partition, offset, record, key, reason, time, true);
        }

        private static String key(Replay.Place place) {
            return place.topic() + '/' + place.partition() + '/' + place.offset();
        }
    }

    /**
     * A poison event.
     *
     * @param record tells records apart that stood at the same place, as {@link Letter} does
     * @param key the record's key, empty if it has none
     * @param reason why it can never be processed
     * @param time the record's timestamp
     * @param replayed whether it was published once more, has a newer record of its key, or is not there any more
     * @param replay who may do that
     */
    public record PoisonEvent(
            String topic,
            int partition,
            long offset,
            @JsonIgnore String record,
            String key,
            Reason reason,
            Instant time,
            boolean replayed,
            Way replay) {

        private Letter letter() {
            return new Letter(new Replay.Place(topic, partition, offset), record);
        }
    }

    /** Who may publish a record of a topic once more. */
    public enum Way {
        /** This service, which writes the topic, or people, by {@code ./alignstream replay}. */
        @JsonProperty("here")
        HERE,
        /** People, by that command, as this service has no right to write the topic. */
        @JsonProperty("command")
        COMMAND,
        /** Nobody, as the topic is none of {@link Replay#suited}. */
        @JsonProperty("nobody")
        NOBODY
    }

    /** What became of records that were to be replayed, how many of each. */
    public record Replayed(long replayed, long superseded, long gone, long refused) {

        private static Replayed of(Collection<Replay.Outcome> outcomes) {
            return new Replayed(
                    count(outcomes, Replay.Outcome.REPLAYED),
                    count(outcomes, Replay.Outcome.SUPERSEDED),
                    count(outcomes, Replay.Outcome.GONE),
                    count(outcomes, Replay.Outcome.REFUSED));
        }

        private static long count(Collection<Replay.Outcome> outcomes, Replay.Outcome one) {
            return outcomes.stream().filter(one::equals).count();
        }
    }

    private Way way(String topic) {
        if (Replay.suited().stream().noneMatch(suited -> suited.name().equals(topic))) {
            return Way.NOBODY;
        }
        boolean mayWrite = BrokerUser.of(definition.stage())
                .operations(ResourceType.TOPIC, topic)
                .contains(AclOperation.WRITE);
        return mayWrite ? Way.HERE : Way.COMMAND;
    }

    /**
     * Publishes the records of {@code events} once more, one caller at a time, so that whoever asks twice gets it once.
     *
     * @throws KafkaException if the broker does not answer in time; some may be replayed then
     */
    public Replayed replay(Collection<PoisonEvent> events) {
        synchronized (replaying) {
            try (KafkaConsumer<byte[], byte[]> consumer = readers.open()) {
                Map<Letter, Replay.Outcome> outcomes = new Replay(consumer, this::again, REPLAY_PATIENCE)
                        .of(events.stream().map(PoisonEvent::letter).toList());
                outcomes.forEach(this::settle);
                return Replayed.of(outcomes.values());
            }
        }
    }

    private void again(ProducerRecord<byte[], byte[]> record) {
        try {
            publisher.send(record);
        } catch (KafkaException e) {
            LOG.warnf("A record of %s was not published once more: %s", record.topic(), e.getMessage());
            throw e;
        }
    }

    private synchronized void settle(Letter letter, Replay.Outcome outcome) {
        String key = Remembered.key(letter.place());
        LOG.infof("Replay of %s: %s", key, outcome);
        if (outcome != Replay.Outcome.REFUSED) {
            remembered
                    .get(key)
                    .filter(one -> one.record().equals(letter.record()))
                    .ifPresent(one -> remembered.put(key, one.settled()));
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

    /**
     * The record of a poison event; empty if it is not there any more.
     *
     * @throws KafkaException if the broker does not answer in time
     */
    public Optional<OriginalRecord> original(PoisonEvent event) {
        return read(event).map(DeadLetters::shown);
    }

    /** Its value, without one no bytes; likewise. */
    public Optional<byte[]> value(PoisonEvent event) {
        return read(event).map(record -> record.value() == null ? new byte[0] : record.value());
    }

    /** One at a time, however many look: a record may be as large as the brokers take. */
    private Optional<ConsumerRecord<byte[], byte[]>> read(PoisonEvent event) {
        synchronized (reading) {
            try (KafkaConsumer<byte[], byte[]> consumer = readers.open()) {
                return new Replay(consumer, this::again, PATIENCE).read(event.letter());
            }
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
        remember(Letter.about(record), record.key(), record.timestamp(), cause);
    }

    /** The same of the record with {@code key}; never fails, as what is shown stops nothing: what cannot be kept is logged. */
    public synchronized void remember(Letter letter, byte @Nullable [] key, long timestamp, Throwable cause) {
        String place = Remembered.key(letter.place());
        try {
            LinkedHashSet<String> known = places();
            remembered.put(
                    place,
                    new Remembered(
                            nextNumber,
                            letter.place().topic(),
                            letter.place().partition(),
                            letter.place().offset(),
                            letter.record(),
                            text(key),
                            cause instanceof Explained explained
                                    ? explained.reason()
                                    : Reason.of("poison.handlerFailed").with("detail", DeadLetter.reason(cause)),
                            Math.max(0, timestamp),
                            known.contains(place) && isSettled(place, letter)));
            nextNumber++;
            known.addLast(place);
            while (known.size() > REMEMBERED) {
                remembered.remove(known.getFirst());
                known.removeFirst();
            }
        } catch (RuntimeException e) {
            LOG.warnf("The dead letter about %s stands in its topic, but is not shown: %s", place, e);
        }
    }

    private boolean isSettled(String place, Letter letter) {
        return remembered
                .get(place)
                .filter(one -> one.replayed() && one.record().equals(letter.record()))
                .isPresent();
    }

    private LinkedHashSet<String> places() {
        LinkedHashSet<String> known = places;
        if (known == null) {
            List<Remembered> kept = inOrder();
            known = new LinkedHashSet<>();
            for (Remembered one : kept) {
                known.add(Remembered.key(new Replay.Place(one.topic(), one.partition(), one.offset())));
            }
            nextNumber = kept.isEmpty() ? 0 : kept.getLast().number() + 1;
            places = known;
        }
        return known;
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
            meters.counter(Metric.DEAD_LETTERS, record.topic()).increment();
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
