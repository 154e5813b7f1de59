package io.alignstream.stageruntime;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Where an event stands in its topic, and what its record says besides the event; immutable. */
public final class Origin {

    private final ConsumerRecord<byte[], byte[]> record;

    Origin(ConsumerRecord<byte[], byte[]> record) {
        this.record = record;
    }

    /** The place of a record with this key and no headers, which belongs to no topic: for jobs that are tried by hand. */
    public static Origin at(int partition, long offset, String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return new Origin(new ConsumerRecord<>("", partition, offset, bytes, new byte[0]));
    }

    public int partition() {
        return record.partition();
    }

    public long offset() {
        return record.offset();
    }

    /** The record's key; empty if it has none. */
    public Optional<String> key() {
        return Optional.ofNullable(record.key()).map(key -> new String(key, StandardCharsets.UTF_8));
    }

    /** The newest header called {@code name}, as text. */
    public Optional<String> header(String name) {
        Header header = record.headers().lastHeader(name);
        return Optional.ofNullable(header)
                .map(Header::value)
                .map(value -> new String(value, StandardCharsets.UTF_8));
    }
}
