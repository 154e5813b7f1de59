package io.alignstream.tokenizer;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The dead letter of a record that a topology cannot process; it leaves in the topology's transaction, which is why the
 * runtime's own sender does not serve here. The headers are the same.
 *
 * @param value the original bytes; cut if the broker's limit would not take them together with the headers
 */
record DeadLetter(byte @Nullable [] value, Headers headers) {

    private static final int MAX_VALUE = Topic.MAX_RECORD_BYTES - 256 * 1024;
    private static final int CUT_TO = 64 * 1024;
    private static final int MAX_REASON = 2_000;

    static DeadLetter of(
            byte @Nullable [] value, Headers original, String topic, int partition, long offset, Throwable cause) {
        RecordHeaders headers = new RecordHeaders(original.toArray());
        put(headers, "dead-letter-reason", reason(cause));
        put(headers, "dead-letter-stage", Stage.TOKENIZER.id());
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

    private static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return message.length() <= MAX_REASON ? message : message.substring(0, MAX_REASON) + "…";
    }

    /** Equal for records that failed at the same place in the code, whatever their data. */
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
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void put(Headers headers, String key, String value) {
        headers.remove(key).add(key, value.getBytes(StandardCharsets.UTF_8));
    }
}
