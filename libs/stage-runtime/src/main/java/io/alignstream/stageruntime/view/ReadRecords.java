package io.alignstream.stageruntime.view;

import io.alignstream.contracts.hash.RecordsHash;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What the records of one partition come to, up to any of the newest ones; for the reader's thread.
 *
 * <p>Records at the end that are poison, or wait for what they refer to, were read but belong to no dataset yet.
 */
final class ReadRecords {

    /** So many records at the end are told apart; of older ones only the sum is known. */
    private static final int TOLD_APART = 10_000;

    private final Deque<Read> newest = new ArrayDeque<>();
    private RecordsHash all;

    /** No record so far. */
    ReadRecords() {
        this(RecordsHash.NONE, List.of());
    }

    /** Goes on from what {@link #all} and {@link #since} gave. */
    ReadRecords(RecordsHash all, List<Read> newest) {
        this.all = all;
        this.newest.addAll(newest);
    }

    /** One record. */
    record Read(long offset, RecordsHash hash) {}

    /** All of them. */
    RecordsHash all() {
        return all;
    }

    /** Those from {@code begin} on, as far as they are told apart. */
    List<Read> since(long begin) {
        return newest.stream().filter(record -> record.offset() >= begin).toList();
    }

    /** A record was read, taken or not. */
    void add(ConsumerRecord<byte[], byte[]> record) {
        RecordsHash hash = RecordsHash.of(record);
        all = all.plus(hash);
        newest.addLast(new Read(record.offset(), hash));
        if (newest.size() > TOLD_APART) {
            newest.removeFirst();
        }
    }

    /** Those before {@code end}. */
    RecordsHash before(long end) {
        RecordsHash sum = all;
        for (Iterator<Read> records = newest.descendingIterator(); records.hasNext(); ) {
            Read record = records.next();
            if (record.offset() < end) {
                break;
            }
            sum = sum.minus(record.hash());
        }
        return sum;
    }
}
