package io.alignstream.stageruntime.view;

import io.alignstream.contracts.hash.RecordsHash;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What the records of one partition come to, up to any of the newest ones; for the reader's thread.
 *
 * <p>Records at the end that are poison, or wait for what they refer to, were read but belong to no dataset yet.
 */
final class ReadRecords {

    /** So many records at the end are told apart; of older ones only the sum is known. */
    private static final int TOLD_APART = 10_000;

    private final Deque<Beyond> beyond = new ArrayDeque<>();
    private RecordsHash all = RecordsHash.NONE;

    private record Beyond(long offset, RecordsHash hash) {}

    /** A record was read, taken or not. */
    void add(ConsumerRecord<byte[], byte[]> record) {
        RecordsHash hash = RecordsHash.of(record);
        all = all.plus(hash);
        beyond.addLast(new Beyond(record.offset(), hash));
        if (beyond.size() > TOLD_APART) {
            beyond.removeFirst();
        }
    }

    /** Those before {@code end}, which never goes back. */
    RecordsHash before(long end) {
        while (!beyond.isEmpty() && beyond.getFirst().offset() < end) {
            beyond.removeFirst();
        }
        return beyond.stream().map(Beyond::hash).reduce(all, RecordsHash::minus);
    }

    /** All of them. */
    RecordsHash all() {
        return all;
    }
}
