package io.alignstream.contracts.replay;

import io.alignstream.contracts.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * What a dead letter is about: where the record stands, and which one it is, because a topic that was made anew has others at
 * the same places.
 *
 * @param record {@link #fingerprint} of the record; empty if it is not known, then it is no record's
 */
public record Letter(Replay.Place place, String record) {

    /** However large the record is, its dead letter holds so many bytes of the key and of the value, or all. */
    public static final int HELD = 64 * 1024;

    /** What a letter about {@code record} is about. */
    public static Letter about(ConsumerRecord<byte[], byte[]> record) {
        return new Letter(
                new Replay.Place(record.topic(), record.partition(), record.offset()),
                fingerprint(record.key(), record.value()));
    }

    /** What the dead letter {@code letter} is about; empty for a record that is none. */
    public static Optional<Letter> of(ConsumerRecord<byte[], byte[]> letter) {
        String topic = header(letter, "topic");
        String partition = header(letter, "partition");
        String offset = header(letter, "offset");
        return !topic.isEmpty() && partition.matches("\\d{1,9}") && offset.matches("\\d{1,18}")
                ? Optional.of(new Letter(
                        new Replay.Place(topic, Integer.parseInt(partition), Long.parseLong(offset)),
                        fingerprint(letter.key(), letter.value())))
                : Optional.empty();
    }

    /** What a dead letter says under {@code name}; empty if nothing. */
    public static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        Header header = letter.headers().lastHeader(Replay.ABOUT_LETTERS + name);
        return header == null || header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** Tells records apart by the first {@value #HELD} bytes of key and value; the same for a record and its dead letter. */
    public static String fingerprint(byte @Nullable [] key, byte @Nullable [] value) {
        Sha256 sha256 = new Sha256();
        for (byte[] part : new byte[][] {key, value}) {
            byte[] held = part == null ? new byte[0] : Arrays.copyOf(part, Math.min(part.length, HELD));
            sha256.add((part == null ? "-" : Integer.toString(held.length)) + ":")
                    .add(held);
        }
        return sha256.hex().substring(0, 32);
    }
}
