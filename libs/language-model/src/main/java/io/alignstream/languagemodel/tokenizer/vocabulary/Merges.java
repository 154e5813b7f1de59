package io.alignstream.languagemodel.tokenizer.vocabulary;

import java.util.Arrays;
import java.util.List;

/** The learned merges, looked up by pair. Immutable, thread-safe. */
public final class Merges {

    /** Rank of a pair that no merge joins: above all others. */
    public static final int NO_RANK = (1 << 24) - 1;

    private static final int ID_BITS = 20;
    private static final int RANK_BITS = 24;
    private static final long FREE = -1;

    /** One merge: {@code left} and {@code right} become {@code merged}; all three are ids. */
    public record Merge(int left, int right, int merged) {}

    private final List<Merge> merges;
    /** Open addressing: left (20 bits), right (20 bits), rank (24 bits) in one long, or FREE. */
    private final long[] table;

    private final int shift;
    /** Id that each rank makes. */
    private final int[] merged;

    /** @param merges in rank order, lowest first */
    public Merges(List<Merge> merges) {
        this.merges = List.copyOf(merges);
        int slotBits = Math.max(3, 34 - Integer.numberOfLeadingZeros(merges.size()));
        shift = Long.SIZE - slotBits;
        table = new long[1 << slotBits];
        Arrays.fill(table, FREE);
        merged = new int[merges.size()];
        for (int rank = 0; rank < merged.length; rank++) {
            Merge merge = merges.get(rank);
            if (rank(merge.left(), merge.right()) != NO_RANK) {
                throw new IllegalArgumentException(
                        "merges " + rank(merge.left(), merge.right()) + " and " + rank + " are the same: " + merge);
            }
            long pair = pair(merge.left(), merge.right());
            int slot = slot(pair);
            while (table[slot] != FREE) {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = (pair << RANK_BITS) | rank;
            merged[rank] = merge.merged();
        }
    }

    /** All merges in rank order. */
    List<Merge> list() {
        return merges;
    }

    /** Rank of a pair, lower is earlier, or NO_RANK. */
    public int rank(int left, int right) {
        long pair = pair(left, right);
        int slot = slot(pair);
        while (true) {
            long entry = table[slot];
            if (entry >>> RANK_BITS == pair) {
                return (int) entry & NO_RANK; // a free slot has every bit set, so no rank
            }
            if (entry == FREE) {
                return NO_RANK;
            }
            slot = (slot + 1) & (table.length - 1);
        }
    }

    /** The id that a rank's pair becomes. */
    public int merged(int rank) {
        return merged[rank];
    }

    private int slot(long pair) {
        return (int) ((pair * 0x9E3779B97F4A7C15L) >>> shift);
    }

    private static long pair(int left, int right) {
        return ((long) left << ID_BITS) | right;
    }
}
