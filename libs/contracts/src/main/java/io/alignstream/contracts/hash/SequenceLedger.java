package io.alignstream.contracts.hash;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.header.Headers;

/**
 * A Merkle tree over the token sequences of one shard and split, which grows at its end; for one thread.
 *
 * <p>Two parties that have the same root for the same number of sequences have seen the same sequences in the same order,
 * each once. The packer publishes its root with every batch in the record header {@value #HEADER}, and in {@value
 * #BEFORE} the state before the batch; a trainer that reads the batches builds its own, and where a batch is missing goes
 * on from the packer's.
 *
 * <p>Hashes are SHA-256: a leaf over the byte 0 and the tokens as little-endian ints, a node over the byte 1 and its two
 * children. The state is one hash for each bit of the size; the root folds them, the smallest tree first.
 */
public final class SequenceLedger {

    /** Record header of a token batch: the root after its last sequence, in hexadecimal. */
    public static final String HEADER = "ledger-root";

    /** Record header of a token batch: the state before its first sequence, in hexadecimal. */
    public static final String BEFORE = "ledger-before";

    private final Sha256 sha256 = new Sha256();
    private final List<byte[]> peaks = new ArrayList<>();
    private long size;

    /** Continues from what {@link #state()} gave. */
    public static SequenceLedger of(byte[] state) {
        SequenceLedger ledger = new SequenceLedger();
        ByteBuffer in = ByteBuffer.wrap(state);
        ledger.size = in.getLong();
        while (in.hasRemaining()) {
            byte[] peak = new byte[Sha256.BYTES];
            in.get(peak);
            ledger.peaks.add(peak);
        }
        if (ledger.peaks.size() != Long.bitCount(ledger.size)) {
            throw new IllegalArgumentException(ledger.peaks.size() + " hashes do not belong to " + ledger.size
                    + " sequences; the state is damaged");
        }
        return ledger;
    }

    /** Adds the sequences in {@code tokens}, {@code [sequences, sequenceLength]} row by row. */
    public void append(int[] tokens, int sequenceLength) {
        ByteBuffer leaf =
                ByteBuffer.allocate(1 + sequenceLength * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int begin = 0; begin < tokens.length; begin += sequenceLength) {
            leaf.clear().put((byte) 0);
            for (int i = begin; i < begin + sequenceLength; i++) {
                leaf.putInt(tokens[i]);
            }
            push(sha256.add(leaf.array()).bytes());
        }
    }

    /**
     * Puts into {@code headers} what the packer vouches for of a batch.
     *
     * @param before state of the ledger before the batch
     * @param root after it
     */
    public static void stamp(byte[] before, String root, Headers headers) {
        headers.add(BEFORE, HexFormat.of().formatHex(before).getBytes(StandardCharsets.US_ASCII));
        headers.add(HEADER, root.getBytes(StandardCharsets.US_ASCII));
    }

    /** Number of sequences. */
    public long size() {
        return size;
    }

    /** The root, 64 hexadecimal digits; of no sequences the hash of nothing. */
    public String root() {
        if (peaks.isEmpty()) {
            return sha256.hex();
        }
        byte[] root = peaks.getLast();
        for (int i = peaks.size() - 2; i >= 0; i--) {
            root = node(peaks.get(i), root);
        }
        return HexFormat.of().formatHex(root);
    }

    /** Everything that {@link #of} needs. */
    public byte[] state() {
        ByteBuffer out =
                ByteBuffer.allocate(Long.BYTES + peaks.size() * Sha256.BYTES).putLong(size);
        peaks.forEach(out::put);
        return out.array();
    }

    private void push(byte[] leaf) {
        byte[] tree = leaf;
        // Each trailing one of the size is a full tree of the height reached: two of a kind make the next.
        for (long bits = size; (bits & 1) == 1; bits >>= 1) {
            tree = node(peaks.removeLast(), tree);
        }
        peaks.add(tree);
        size++;
    }

    private byte[] node(byte[] left, byte[] right) {
        return sha256.add((byte) 1).add(left).add(right).bytes();
    }
}
