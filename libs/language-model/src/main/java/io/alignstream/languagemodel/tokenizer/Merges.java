package io.alignstream.languagemodel.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * The learned merges and their application to one piece.
 *
 * <p>At any moment the pair of neighbours with the lowest rank is merged, the leftmost of equal ones first, until no
 * pair has a rank. Short pieces are scanned; long ones go through a heap, so a piece of n tokens takes O(n log n).
 * Immutable, thread-safe.
 */
final class Merges {

    static final int NO_RANK = Integer.MAX_VALUE;
    private static final int LONGEST_SCAN = 48;

    /** One merge: {@code left} and {@code right} become {@code merged}; all three are ids. */
    record Merge(int left, int right, int merged) {}

    private final List<Merge> merges;
    /** Open addressing: pair of ids → rank; a slot is free where its rank is NO_RANK. */
    private final long[] pairs;

    private final int[] ranks;
    /** Id that each rank makes. */
    private final int[] merged;

    /** @param merges in rank order, lowest first */
    Merges(List<Merge> merges) {
        this.merges = List.copyOf(merges);
        int slots = Integer.highestOneBit(Math.max(8, merges.size() * 2)) * 2;
        pairs = new long[slots];
        ranks = new int[slots];
        Arrays.fill(ranks, NO_RANK);
        merged = new int[merges.size()];
        for (int rank = 0; rank < merged.length; rank++) {
            Merge merge = merges.get(rank);
            int slot = slot(merge.left(), merge.right());
            if (ranks[slot] != NO_RANK) {
                throw new IllegalArgumentException(
                        "merges " + ranks[slot] + " and " + rank + " are the same: " + merge);
            }
            pairs[slot] = pair(merge.left(), merge.right());
            ranks[slot] = rank;
            merged[rank] = merge.merged();
        }
    }

    /** All merges in rank order. */
    List<Merge> list() {
        return merges;
    }

    /** Applies the merges to the ids of one piece's characters, which are overwritten. */
    int[] apply(int[] ids) {
        if (ids.length < 2) {
            return ids;
        }
        return ids.length <= LONGEST_SCAN ? scan(ids) : new LinkedPiece(ids).merge();
    }

    /** The definition, step by step: O(n²), the fastest way for the short pieces that most are. */
    int[] scan(int[] ids) {
        int size = ids.length;
        int[] rankAt = new int[size]; // rank of the pair that begins at each place
        for (int i = 0; i + 1 < size; i++) {
            rankAt[i] = rank(ids[i], ids[i + 1]);
        }
        while (size > 1) {
            int best = 0;
            for (int i = 1; i + 1 < size; i++) {
                if (rankAt[i] < rankAt[best]) {
                    best = i;
                }
            }
            if (rankAt[best] == NO_RANK) {
                break;
            }
            ids[best] = merged[rankAt[best]];
            System.arraycopy(ids, best + 2, ids, best + 1, size - best - 2);
            System.arraycopy(rankAt, best + 2, rankAt, best + 1, size - best - 2);
            size--;
            rankAt[best] = best + 1 < size ? rank(ids[best], ids[best + 1]) : NO_RANK;
            if (best > 0) {
                rankAt[best - 1] = rank(ids[best - 1], ids[best]);
            }
        }
        return size == ids.length ? ids : Arrays.copyOf(ids, size);
    }

    private int rank(int left, int right) {
        return ranks[slot(left, right)];
    }

    /** The slot of a pair, or the free slot where it would go. */
    private int slot(int left, int right) {
        long pair = pair(left, right);
        int slot = (int) ((pair * 0x9E3779B97F4A7C15L) >>> 32) & (pairs.length - 1);
        while (ranks[slot] != NO_RANK && pairs[slot] != pair) {
            slot = (slot + 1) & (pairs.length - 1);
        }
        return slot;
    }

    static long pair(int left, int right) {
        return ((long) left << 32) | right;
    }

    /** A long piece as a linked list with a heap of its mergeable pairs. */
    private final class LinkedPiece {

        private static final int GONE = -1;
        private final int[] ids;
        private final int[] next;
        private final int[] previous;
        /** Rank in the high, place in the low 32 bits; an entry whose pair has changed since is skipped. */
        private final LongHeap candidates;

        LinkedPiece(int[] ids) {
            this.ids = ids;
            next = new int[ids.length];
            previous = new int[ids.length];
            candidates = new LongHeap(ids.length);
            for (int i = 0; i < ids.length; i++) {
                next[i] = i + 1;
                previous[i] = i - 1;
                offer(i);
            }
        }

        int[] merge() {
            while (!candidates.isEmpty()) {
                long candidate = candidates.removeLeast();
                int at = (int) candidate;
                int rank = (int) (candidate >>> 32);
                if (rankAt(at) != rank) {
                    continue;
                }
                int right = next[at];
                ids[at] = merged[rank];
                ids[right] = GONE;
                next[at] = next[right];
                if (next[at] < ids.length) {
                    previous[next[at]] = at;
                }
                offer(at);
                if (previous[at] >= 0) {
                    offer(previous[at]);
                }
            }
            return Arrays.stream(ids).filter(id -> id != GONE).toArray();
        }

        private void offer(int at) {
            int rank = rankAt(at);
            if (rank != NO_RANK) {
                candidates.add(((long) rank << 32) | at);
            }
        }

        private int rankAt(int at) {
            return ids[at] == GONE || next[at] >= ids.length ? NO_RANK : rank(ids[at], ids[next[at]]);
        }
    }
}
