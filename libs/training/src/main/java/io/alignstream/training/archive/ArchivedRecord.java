package io.alignstream.training.archive;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A record of a registry topic as the brokers had it; immutable, its arrays are not copied.
 *
 * @param topic its name, one of {@link RegistryArchive#TOPICS}
 * @param key the record's
 * @param headers in their order
 * @param value null where the key's earlier records are withdrawn
 * @param timestamp when the brokers took it, in milliseconds since the epoch
 * @param offset in its partition, which orders what came in the same millisecond
 */
public record ArchivedRecord(
        String topic, byte[] key, List<Header> headers, byte @Nullable [] value, long timestamp, long offset) {

    /** The order in which the brokers took them. */
    static final Comparator<ArchivedRecord> ORDER =
            Comparator.comparingLong(ArchivedRecord::timestamp).thenComparingLong(ArchivedRecord::offset);

    private static final String EVENT_ID = "ce_id";

    /** A record as it was. */
    public ArchivedRecord(
            String topic, byte[] key, List<Header> headers, byte @Nullable [] value, long timestamp, long offset) {
        this.topic = Objects.requireNonNull(topic);
        this.key = Objects.requireNonNull(key);
        this.headers = List.copyOf(headers);
        this.value = value;
        this.timestamp = timestamp;
        this.offset = offset;
    }

    /**
     * A header of a record.
     *
     * @param value a character for each byte (ISO 8859-1), so that any bytes come back; null for none
     */
    public record Header(String name, @Nullable String value) {

        /** A header of these bytes. */
        public static Header of(String name, byte @Nullable [] bytes) {
            return new Header(name, bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1));
        }

        /** Its bytes. */
        public byte @Nullable [] bytes() {
            return value == null ? null : value.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    /**
     * What tells it from others, whatever offset and time it has: the id of its event, or a hash of it all where it has none. So
     * one that is published again by a restoration is the same.
     */
    String event() {
        Optional<String> id = headers.stream()
                .filter(header -> header.name().equals(EVENT_ID))
                .flatMap(header -> Optional.ofNullable(header.value()).stream())
                .filter(value -> value.matches("[0-9A-Za-z-]{1,64}"))
                .findFirst();
        return id.orElseGet(() -> {
            Sha256 hash =
                    new Sha256().add(topic.getBytes(StandardCharsets.UTF_8)).add(key);
            return (value == null ? hash : hash.add(value)).hex() + "-" + offset;
        });
    }

    /** The key as text. */
    public String keyText() {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** Whether its value is {@code other}'s, byte for byte. */
    public boolean hasValue(byte @Nullable [] other) {
        return Arrays.equals(value, other);
    }

    /** Whether it is of {@code of}. */
    boolean isOf(Topic<?> of) {
        return topic.equals(of.name());
    }
}
