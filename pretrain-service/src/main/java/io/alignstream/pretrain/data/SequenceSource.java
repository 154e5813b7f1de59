package io.alignstream.pretrain.data;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Training sequences in a fixed order, which can be read again from any place. */
public interface SequenceSource {

    /** Number of sequences. */
    long size();

    /** Tokens in each sequence. */
    int sequenceLength();

    /** The sequences from number {@code first} on, each {@code [sequenceLength]} token ids; close the stream. */
    Stream<int[]> open(long first);

    /** The roots of the ledgers of these sequences, by shard and split; empty if nobody keeps one. */
    default SortedMap<String, String> ledger() {
        return new TreeMap<>();
    }

    /** Sequences of equal length that are in memory. */
    static SequenceSource of(List<int[]> sequences) {
        return new SequenceSource() {
            @Override
            public long size() {
                return sequences.size();
            }

            @Override
            public int sequenceLength() {
                return sequences.getFirst().length;
            }

            @Override
            public Stream<int[]> open(long first) {
                return sequences.subList((int) first, sequences.size()).stream();
            }
        };
    }
}
