package io.alignstream.languagemodel.tokenizer.encoding;

import io.alignstream.languagemodel.tokenizer.vocabulary.Merges;

/**
 * Applies merges to one piece after another.
 *
 * <p>At any moment the pair of neighbours with the lowest rank is merged, the leftmost of equal ones first, until no
 * pair has a rank. Short pieces are scanned; long ones go through a heap over a linked list, so a piece of n symbols
 * takes O(n log n). Keeps its working memory from piece to piece; not thread-safe.
 */
public final class PieceMerger {

    private static final int LONGEST_SCAN = 64;
    /** Working memory for longer pieces is not kept. */
    private static final int LONGEST_KEPT = 1 << 14;

    private static final int GONE = -1;

    private final Merges merges;
    private final int[] ranks = new int[LONGEST_SCAN];
    private int[] next = new int[4 * LONGEST_SCAN];
    private int[] previous = new int[4 * LONGEST_SCAN];
    /** Rank in the high, place in the low 32 bits; an entry whose pair has changed since is skipped. */
    private LongHeap candidates = new LongHeap(4 * LONGEST_SCAN);

    /** A merger that applies {@code merges}. */
    public PieceMerger(Merges merges) {
        this.merges = merges;
    }

    /** Merges the first {@code size} ids in place and returns how many are left. */
    public int merge(int[] ids, int size) {
        if (size < 2) {
            return size;
        }
        return size <= LONGEST_SCAN ? scan(ids, size, ranks) : mergeLinked(ids, size);
    }

    /** The definition, step by step: O(n²), the fastest way for the short pieces that most are. */
    public int scan(int[] ids, int length, int[] rankAt) {
        int size = length;
        int best = 0;
        int lowest = Merges.NO_RANK;
        for (int i = 0; i + 1 < size; i++) {
            int rank = merges.rank(ids[i], ids[i + 1]);
            rankAt[i] = rank;
            if (rank < lowest) {
                lowest = rank;
                best = i;
            }
        }
        while (lowest != Merges.NO_RANK) {
            ids[best] = merges.merged(lowest);
            size--;
            for (int i = best + 1; i < size; i++) {
                ids[i] = ids[i + 1];
                rankAt[i] = rankAt[i + 1];
            }
            rankAt[best] = best + 1 < size ? merges.rank(ids[best], ids[best + 1]) : Merges.NO_RANK;
            if (best > 0) {
                rankAt[best - 1] = merges.rank(ids[best - 1], ids[best]);
            }
            lowest = Merges.NO_RANK;
            for (int i = 0; i + 1 < size; i++) {
                if (rankAt[i] < lowest) {
                    lowest = rankAt[i];
                    best = i;
                }
            }
        }
        return size;
    }

    private int mergeLinked(int[] ids, int size) {
        if (next.length < size) {
            next = new int[size + size / 2];
            previous = new int[size + size / 2];
        }
        candidates.clear();
        for (int i = 0; i < size; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            offer(ids, i, size);
        }
        while (!candidates.isEmpty()) {
            long candidate = candidates.removeLeast();
            int at = (int) candidate;
            int rank = (int) (candidate >>> 32);
            if (rankAt(ids, at, size) != rank) {
                continue;
            }
            int right = next[at];
            ids[at] = merges.merged(rank);
            ids[right] = GONE;
            next[at] = next[right];
            if (next[at] < size) {
                previous[next[at]] = at;
            }
            offer(ids, at, size);
            if (previous[at] >= 0) {
                offer(ids, previous[at], size);
            }
        }
        if (next.length > LONGEST_KEPT) {
            next = new int[4 * LONGEST_SCAN];
            previous = new int[4 * LONGEST_SCAN];
            candidates = new LongHeap(4 * LONGEST_SCAN);
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (ids[i] != GONE) {
                ids[kept++] = ids[i];
            }
        }
        return kept;
    }

    private void offer(int[] ids, int at, int size) {
        int rank = rankAt(ids, at, size);
        if (rank != Merges.NO_RANK) {
            candidates.add(((long) rank << 32) | at);
        }
    }

    private int rankAt(int[] ids, int at, int size) {
        return ids[at] == GONE || next[at] >= size ? Merges.NO_RANK : merges.rank(ids[at], ids[next[at]]);
    }
}
