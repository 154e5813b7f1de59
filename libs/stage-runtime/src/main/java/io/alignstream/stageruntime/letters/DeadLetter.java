package io.alignstream.stageruntime.letters;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a poison event: its key, value and headers plus {@code dead-letter-reason}, {@code -stage}, {@code
 * -stack-hash}, {@code -topic}, {@code -partition} and {@code -offset}.
 *
 * <p>A dead letter that the brokers do not take would hold up its partition for ever, so whatever is too large is cut:
 * first the value, then the original headers, then the key, each to {@value #CUT_TO} bytes. Headers say so ({@code
 * dead-letter-truncated-from}, {@code -headers-left-out}, {@code -key-truncated-from}); the original stays where it is.
 *
 * @param key the original one, or its beginning
 * @param value the original bytes, or their beginning
 * @param headers the original ones, or the first of them, and those above
 */
public record DeadLetter(byte @Nullable [] key, byte @Nullable [] value, Headers headers) {

    /** A dead letter of this size is taken by brokers that know nothing of this project: Kafka's default is 1 MiB. */
    static final int SMALL = 512 * 1024;

    static final String PREFIX = Replay.ABOUT_LETTERS;
    static final int CUT_TO = Letter.HELD;
    private static final int MAX_REASON = 2_000;
    /** What Kafka's format takes at most, of a record and of one header, besides the bytes in it. */
    private static final int RECORD_OVERHEAD = 256;

    private static final int HEADER_OVERHEAD = 16;

    /** Where the poison event stands. */
    public record Place(String topic, int partition, long offset) {}

    /** An event as it was read. */
    public record Original(byte @Nullable [] key, byte @Nullable [] value, Headers headers, Place place) {}

    /** The dead letter that {@code stage} writes about {@code original}; {@code cause} gives the reason. */
    public static DeadLetter of(Stage stage, Original original, Throwable cause) {
        return of(stage, original, cause, Topic.MAX_RECORD_BYTES);
    }

    /** The same in at most {@code limit} bytes, {@link #SMALL} or more. */
    static DeadLetter of(Stage stage, Original original, Throwable cause, int limit) {
        RecordHeaders own = own(stage, original.place(), cause);
        byte[] key = original.key();
        byte[] value = original.value();
        Headers theirs = withoutOurs(original.headers());
        if (size(key, value, theirs, own) > limit && length(value) > CUT_TO) {
            put(own, "truncated-from", Integer.toString(length(value)));
            value = Arrays.copyOf(value, CUT_TO);
        }
        if (size(key, value, theirs, own) > limit && size(theirs) > CUT_TO) {
            Headers first = firstOf(theirs);
            put(own, "headers-left-out", Integer.toString(theirs.toArray().length - first.toArray().length));
            theirs = first;
        }
        if (size(key, value, theirs, own) > limit && length(key) > CUT_TO) {
            put(own, "key-truncated-from", Integer.toString(length(key)));
            key = Arrays.copyOf(key, CUT_TO);
        }
        RecordHeaders all = new RecordHeaders(theirs.toArray());
        own.forEach(all::add);
        return new DeadLetter(key, value, all);
    }

    private static RecordHeaders own(Stage stage, Place place, Throwable cause) {
        RecordHeaders own = new RecordHeaders();
        put(own, "reason", reason(cause));
        put(own, "stage", stage.id());
        put(own, "stack-hash", stackHash(cause));
        put(own, "topic", place.topic());
        put(own, "partition", Integer.toString(place.partition()));
        put(own, "offset", Long.toString(place.offset()));
        return own;
    }

    /** An event may be a dead letter that somebody has published once more. */
    private static Headers withoutOurs(Headers headers) {
        RecordHeaders others = new RecordHeaders();
        for (Header header : headers) {
            if (!header.key().startsWith(PREFIX)) {
                others.add(header);
            }
        }
        return others;
    }

    private static Headers firstOf(Headers headers) {
        RecordHeaders first = new RecordHeaders();
        long size = 0;
        for (Header header : headers) {
            size += size(header);
            if (size > CUT_TO) {
                break;
            }
            first.add(header);
        }
        return first;
    }

    private static long size(byte @Nullable [] key, byte @Nullable [] value, Headers theirs, Headers own) {
        return RECORD_OVERHEAD + (long) length(key) + length(value) + size(theirs) + size(own);
    }

    private static long size(Headers headers) {
        long size = 0;
        for (Header header : headers) {
            size += size(header);
        }
        return size;
    }

    private static long size(Header header) {
        return HEADER_OVERHEAD + header.key().getBytes(StandardCharsets.UTF_8).length + (long) length(header.value());
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    /** Why the event can never be processed, in at most {@value #MAX_REASON} characters. */
    static String reason(Throwable cause) {
        String message = cause.getMessage() == null ? "no message" : cause.getMessage();
        String reason = cause instanceof RuntimeException ? cause.getClass().getName() + ": " + message : message;
        return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "…";
    }

    /** Equal for records that failed at the same place in the code, whatever their data. */
    private static String stackHash(Throwable cause) {
        Sha256 sha256 = new Sha256().add(cause.getClass().getName());
        for (StackTraceElement frame : cause.getStackTrace()) {
            sha256.add(frame.getClassName() + "." + frame.getMethodName() + ":" + frame.getLineNumber());
        }
        return sha256.hex().substring(0, 16);
    }

    private static void put(Headers headers, String key, String value) {
        headers.add(PREFIX + key, value.getBytes(StandardCharsets.UTF_8));
    }
}
