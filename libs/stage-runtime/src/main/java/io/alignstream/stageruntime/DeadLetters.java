package io.alignstream.stageruntime;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends poison events to {@code TOPIC.dead-letters} with the original bytes, key and headers plus {@code
 * dead-letter-reason}, {@code -stage}, {@code -stack-hash}, {@code -topic}, {@code -partition} and {@code -offset}, and
 * remembers the newest ones; thread-safe.
 */
@ApplicationScoped
public class DeadLetters {

    private static final Logger LOG = Logger.getLogger(DeadLetters.class);
    private static final int REMEMBERED = 100;
    private static final int MAX_REASON = 2_000;
    private static final int TRUNCATED_BYTES = 64 * 1024;

    private final EventPublisher publisher;
    private final StageDefinition definition;
    private final MeterRegistry meters;
    private final Deque<DeadLetter> recent = new ArrayDeque<>();

    DeadLetters(EventPublisher publisher, StageDefinition definition, MeterRegistry meters) {
        this.publisher = publisher;
        this.definition = definition;
        this.meters = meters;
    }

    /** The poison events seen since start-up, newest first, at most {@value #REMEMBERED}. */
    public List<DeadLetter> recent() {
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
    public record DeadLetter(String topic, int partition, long offset, String key, String reason, Instant time) {}

    /** Remembers an event whose dead letter was published before. */
    void remember(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        DeadLetter letter = new DeadLetter(
                record.topic(),
                record.partition(),
                record.offset(),
                record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8),
                reason(cause),
                Instant.ofEpochMilli(Math.max(0, record.timestamp())));
        synchronized (recent) {
            recent.addLast(letter);
            if (recent.size() > REMEMBERED) {
                recent.removeFirst();
            }
        }
    }

    /** Publishes the dead letter of {@code record}; throws if the broker does not take it. */
    void publish(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        ProducerRecord<byte[], byte[]> letter = letter(record, cause);
        try {
            publisher.send(letter);
        } catch (RuntimeException e) {
            if (!causedByTooLarge(e)) {
                throw e;
            }
            publisher.send(truncated(letter));
        }
        meters.counter("alignstream.dead.letters", "stage", definition.stage().id(), "topic", record.topic())
                .increment();
        LOG.warnf(
                cause instanceof RuntimeException ? cause : null,
                "Poison event in %s, partition %d, offset %d: %s",
                record.topic(),
                record.partition(),
                record.offset(),
                reason(cause));
        remember(record, cause);
    }

    private ProducerRecord<byte[], byte[]> letter(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        RecordHeaders headers = new RecordHeaders(record.headers().toArray());
        put(headers, "dead-letter-reason", reason(cause));
        put(headers, "dead-letter-stage", definition.stage().id());
        put(headers, "dead-letter-stack-hash", stackHash(cause));
        put(headers, "dead-letter-topic", record.topic());
        put(headers, "dead-letter-partition", Integer.toString(record.partition()));
        put(headers, "dead-letter-offset", Long.toString(record.offset()));
        return new ProducerRecord<>(record.topic() + ".dead-letters", null, record.key(), record.value(), headers);
    }

    /** A value at the brokers' limit does not fit any more with our headers; the original stays where it is. */
    private static ProducerRecord<byte[], byte[]> truncated(ProducerRecord<byte[], byte[]> letter) {
        put(letter.headers(), "dead-letter-truncated-from", Integer.toString(letter.value().length));
        return new ProducerRecord<>(
                letter.topic(),
                null,
                letter.key(),
                Arrays.copyOf(letter.value(), Math.min(letter.value().length, TRUNCATED_BYTES)),
                letter.headers());
    }

    private static boolean causedByTooLarge(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RecordTooLargeException) {
                return true;
            }
        }
        return false;
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage() == null ? "no message" : cause.getMessage();
        String reason = cause instanceof RuntimeException ? cause.getClass().getName() + ": " + message : message;
        return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "…";
    }

    /** Equal for events that failed at the same place in the code, whatever their data. */
    private static String stackHash(Throwable cause) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(cause.getClass().getName().getBytes(StandardCharsets.UTF_8));
            for (StackTraceElement frame : cause.getStackTrace()) {
                String place = frame.getClassName() + "." + frame.getMethodName() + ":" + frame.getLineNumber();
                sha.update(place.getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(sha.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    private static void put(Headers headers, String key, String value) {
        headers.remove(key).add(key, value.getBytes(StandardCharsets.UTF_8));
    }
}
