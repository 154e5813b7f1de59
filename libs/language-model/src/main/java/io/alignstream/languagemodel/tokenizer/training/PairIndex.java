package io.alignstream.languagemodel.tokenizer.training;

import java.util.Arrays;

/** Numbers pairs of ids from 0 in the order in which they come up; a hash table with open addressing. Not thread-safe. */
final class PairIndex {

    private final int smallest;
    /** Index of a pair plus one, 0 where free; at most half full. */
    private int[] table;

    private long[] pairs;
    private int size;

    /** An empty index with room for {@code smallest} pairs, a power of two. */
    PairIndex(int smallest) {
        this.smallest = smallest;
        this.table = new int[2 * smallest];
        this.pairs = new long[smallest];
    }

    static long pair(int left, int right) {
        return ((long) left << 32) | right;
    }

    int size() {
        return size;
    }

    /** Both ids, the left one in the high bits. */
    long pair(int index) {
        return pairs[index];
    }

    /** The pair's index, a new one ({@link #size} before the call) if it has none. */
    int of(long pair) {
        int slot = slot(pair);
        if (table[slot] != 0) {
            return table[slot] - 1;
        }
        if (size == pairs.length) {
            pairs = Arrays.copyOf(pairs, size * 2);
            table = new int[4 * size];
            for (int index = 0; index < size; index++) {
                table[slot(pairs[index])] = index + 1;
            }
            slot = slot(pair);
        }
        pairs[size] = pair;
        table[slot] = ++size;
        return size - 1;
    }

    /** Forgets everything; the room is kept, unless it is more than for {@code mostKept} pairs. */
    void clear(int mostKept) {
        if (pairs.length > mostKept) {
            table = new int[2 * smallest];
            pairs = new long[smallest];
        } else {
            Arrays.fill(table, 0);
        }
        size = 0;
    }

    /** Where {@code pair} stands, or the free slot where it would. */
    private int slot(long pair) {
        // Fibonacci hashing: the high bits are the good ones.
        int slot = (int) ((pair * 0x9E3779B97F4A7C15L) >>> 32) & (table.length - 1);
        while (table[slot] != 0 && pairs[table[slot] - 1] != pair) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }
}
