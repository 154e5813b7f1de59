package io.alignstream.languagemodel.tokenizer.training;

import java.util.Arrays;

/** Pairs with the counts that they had when they came in: most frequent first, of equals the lower pair. Not thread-safe. */
final class PairHeap {

    private long[] counts = new long[1 << 10];
    private long[] pairs = new long[1 << 10];
    private int[] indexes = new int[1 << 10];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    /** The count of the first pair; the heap must not be empty. */
    long firstCount() {
        return counts[0];
    }

    /** The index of the first pair; the heap must not be empty. */
    int firstIndex() {
        return indexes[0];
    }

    void add(long count, long pair, int index) {
        if (size == counts.length) {
            counts = Arrays.copyOf(counts, size * 2);
            pairs = Arrays.copyOf(pairs, size * 2);
            indexes = Arrays.copyOf(indexes, size * 2);
        }
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) / 2;
            if (!before(count, pair, parent)) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        set(at, count, pair, index);
    }

    void removeFirst() {
        size--;
        long count = counts[size];
        long pair = pairs[size];
        int index = indexes[size];
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && before(counts[child + 1], pairs[child + 1], child)) {
                child++;
            }
            if (!before(counts[child], pairs[child], count, pair)) {
                break;
            }
            move(child, at);
            at = child;
        }
        set(at, count, pair, index);
    }

    private boolean before(long count, long pair, int other) {
        return before(count, pair, counts[other], pairs[other]);
    }

    private static boolean before(long count, long pair, long otherCount, long otherPair) {
        return count != otherCount ? count > otherCount : pair < otherPair;
    }

    private void move(int from, int to) {
        set(to, counts[from], pairs[from], indexes[from]);
    }

    private void set(int at, long count, long pair, int index) {
        counts[at] = count;
        pairs[at] = pair;
        indexes[at] = index;
    }
}
