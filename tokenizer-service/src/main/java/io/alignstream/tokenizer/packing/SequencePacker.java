package io.alignstream.tokenizer.packing;

import io.alignstream.contracts.hash.SequenceLedger;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The open batch of one split: tokens in, full batches out, every change written to the state store. For one thread.
 *
 * <p>State: {@code SPLIT.position} → sequence number of the open batch's first sequence (long), tokens in the open
 * batch (int); {@code SPLIT.sequence.I} → token ids of sequence I of the open batch; {@code SPLIT.ledger} → state of the
 * ledger of all sequences that have left. A document rewrites only the sequences that it touches.
 */
final class SequencePacker {

    /**
     * Sequences that leave.
     *
     * @param tokens {@code [sequences, sequenceLength]}
     * @param ledgerBefore state of the ledger of all sequences before these
     * @param ledgerRoot root of the ledger of all sequences up to these
     */
    record Filled(long firstSequence, int[] tokens, byte[] ledgerBefore, String ledgerRoot) {}

    private final KeyValueStore<String, byte[]> store;
    private final String split;
    private final int sequenceLength;
    private final int[] tokens; // [batchSequences, sequenceLength]
    private int size;
    private long firstSequence;
    private SequenceLedger ledger = new SequenceLedger();

    /** Continues from the state in {@code store}. */
    SequencePacker(KeyValueStore<String, byte[]> store, String split, Packing packing) {
        this.store = store;
        this.split = split;
        this.sequenceLength = packing.sequenceLength();
        this.tokens = new int[packing.batchSequences() * sequenceLength];
        byte[] position = store.get(split + ".position");
        byte[] left = store.get(split + ".ledger");
        if (left != null) {
            ledger = SequenceLedger.of(left);
        }
        if (position != null) {
            ByteBuffer in = ByteBuffer.wrap(position);
            firstSequence = in.getLong();
            size = in.getInt();
            for (int row = 0; row * sequenceLength < size; row++) {
                IntBuffer ids = ByteBuffer.wrap(store.get(sequenceKey(row))).asIntBuffer();
                ids.get(tokens, row * sequenceLength, ids.remaining());
            }
        }
    }

    /** Adds a document's ids and the token that ends it; full batches go to {@code sink}. */
    void append(int[] ids, int endOfDocument, Consumer<Filled> sink) {
        int[] document = Arrays.copyOf(ids, ids.length + 1);
        document[ids.length] = endOfDocument;
        int firstTouched = size / sequenceLength;
        int taken = 0;
        while (taken < document.length) {
            int count = Math.min(document.length - taken, tokens.length - size);
            System.arraycopy(document, taken, tokens, size, count);
            size += count;
            taken += count;
            if (size == tokens.length) {
                sink.accept(take());
                firstTouched = 0;
            }
        }
        save(firstTouched);
    }

    /** Takes all that is open, its last sequence filled up with {@code pad}; may be no sequence at all. */
    Filled flush(int pad) {
        int full = Math.ceilDiv(size, sequenceLength) * sequenceLength;
        Arrays.fill(tokens, size, full, pad);
        size = full;
        Filled filled = take();
        save(0);
        return filled;
    }

    private Filled take() {
        int[] sequences = Arrays.copyOf(tokens, size);
        byte[] before = ledger.state();
        ledger.append(sequences, sequenceLength);
        store.put(split + ".ledger", ledger.state());
        Filled filled = new Filled(firstSequence, sequences, before, ledger.root());
        firstSequence += size / sequenceLength;
        size = 0;
        return filled;
    }

    private void save(int firstTouched) {
        for (int row = firstTouched; row * sequenceLength < size; row++) {
            int begin = row * sequenceLength;
            int count = Math.min(sequenceLength, size - begin);
            ByteBuffer ids = ByteBuffer.allocate(count * Integer.BYTES);
            ids.asIntBuffer().put(tokens, begin, count);
            store.put(sequenceKey(row), ids.array());
        }
        ByteBuffer position = ByteBuffer.allocate(Long.BYTES + Integer.BYTES);
        store.put(
                split + ".position",
                position.putLong(firstSequence).putInt(size).array());
    }

    private String sequenceKey(int row) {
        return split + ".sequence." + row;
    }
}
