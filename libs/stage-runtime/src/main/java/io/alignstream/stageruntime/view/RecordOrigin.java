package io.alignstream.stageruntime.view;

import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.stageruntime.Origin;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * The origin of an event that was read from Kafka.
 *
 * @param upTo all records of its partition that were read, up to and with this one
 */
public record RecordOrigin(ConsumerRecord<byte[], byte[]> record, RecordsHash upTo) implements Origin {

    /** Of a record that is looked at by itself. */
    public RecordOrigin(ConsumerRecord<byte[], byte[]> record) {
        this(record, RecordsHash.of(record));
    }

    @Override
    public RecordsHash hash() {
        return RecordsHash.of(record);
    }

    @Override
    public int partition() {
        return record.partition();
    }

    @Override
    public long offset() {
        return record.offset();
    }

    @Override
    public Instant time() {
        return Instant.ofEpochMilli(record.timestamp());
    }

    @Override
    public Optional<String> key() {
        return Optional.ofNullable(record.key()).map(RecordOrigin::text);
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(record.headers().lastHeader(name))
                .map(Header::value)
                .map(RecordOrigin::text);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
