package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a poison event: its value and headers plus {@code dead-letter-reason}, {@code -stage}, {@code
 * -stack-hash}, {@code -topic}, {@code -partition} and {@code -offset}.
 *
 * @param value the original bytes; cut if the brokers' limit would not take them together with the headers, which say so
 *     then ({@code dead-letter-truncated-from}): the original stays where it is
 * @param headers the original ones and those above
 */
public record DeadLetter(byte @Nullable [] value, Headers headers) {

    private static final int MAX_VALUE = Topic.MAX_RECORD_BYTES - 256 * 1024;
    private static final int CUT_TO = 64 * 1024;
    private static final int MAX_REASON = 2_000;

    /** The dead letter that {@code stage} writes about the event at {@code offset}; {@code cause} gives the reason. */
    public static DeadLetter of(
            Stage stage,
            byte @Nullable [] value,
            Headers original,
            String topic,
            int partition,
            long offset,
            Throwable cause) {
        RecordHeaders headers = new RecordHeaders(original.toArray());
        put(headers, "dead-letter-reason", reason(cause));
        put(headers, "dead-letter-stage", stage.id());
        put(headers, "dead-letter-stack-hash", stackHash(cause));
        put(headers, "dead-letter-topic", topic);
        put(headers, "dead-letter-partition", Integer.toString(partition));
        put(headers, "dead-letter-offset", Long.toString(offset));
        if (value != null && value.length > MAX_VALUE) {
            put(headers, "dead-letter-truncated-from", Integer.toString(value.length));
            return new DeadLetter(Arrays.copyOf(value, CUT_TO), headers);
        }
        return new DeadLetter(value, headers);
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
        headers.remove(key).add(key, value.getBytes(StandardCharsets.UTF_8));
    }
}
