package io.alignstream.contracts.hash;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A hash of a set of records that grows and shrinks: the sum of the records' hashes, so it does not depend on the order in
 * which partitions are read, and that of a range is that of a longer one without that of the rest. Immutable.
 *
 * <p>It tells one content of a topic from another. A record's own hash is the SHA-256 of partition, offset, key and value;
 * headers and timestamps do not count, since they say when and by whom the same was said. Sums are taken in four words modulo
 * 2<sup>64</sup> (AdHash of <a href="https://cseweb.ucsd.edu/~mihir/papers/inchash.pdf">Bellare and Micciancio, 1997</a>, which
 * is meant for mishaps here, not for forgers).
 */
public record RecordsHash(long first, long second, long third, long fourth) {

    /** Of no record. */
    public static final RecordsHash NONE = new RecordsHash(0, 0, 0, 0);

    /** Of one record. */
    public static RecordsHash of(ConsumerRecord<byte[], byte[]> record) {
        ByteBuffer place = ByteBuffer.allocate(Integer.BYTES + Long.BYTES + 2 * Integer.BYTES)
                .putInt(record.partition())
                .putLong(record.offset())
                .putInt(length(record.key()))
                .putInt(length(record.value()));
        Sha256 sha256 = new Sha256().add(place.array());
        if (record.key() != null) {
            sha256.add(record.key());
        }
        if (record.value() != null) {
            sha256.add(record.value());
        }
        ByteBuffer hash = ByteBuffer.wrap(sha256.bytes());
        return new RecordsHash(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
    }

    /** No bytes are something else than none at all. */
    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? -1 : bytes.length;
    }

    /** Of these records and {@code others}. */
    public RecordsHash plus(RecordsHash others) {
        return new RecordsHash(
                first + others.first, second + others.second, third + others.third, fourth + others.fourth);
    }

    /** Of these records without {@code some} of them. */
    public RecordsHash minus(RecordsHash some) {
        return new RecordsHash(first - some.first, second - some.second, third - some.third, fourth - some.fourth);
    }

    /** 64 hexadecimal digits. */
    public String hex() {
        return HexFormat.of().toHexDigits(first)
                + HexFormat.of().toHexDigits(second)
                + HexFormat.of().toHexDigits(third)
                + HexFormat.of().toHexDigits(fourth);
    }
}
