package io.alignstream.languagemodel.tokenizer;

import java.util.Arrays;

/** How often each pair of ids occurs and in which words it did so at some time. Not thread-safe. */
final class PairCounts {

    private static final int SMALLEST_TABLE = 1 << 12;
    private static final int[] NO_WORDS = {};

    /** Index of a pair plus one, 0 where free. */
    private int[] table = new int[SMALLEST_TABLE];

    private long[] pairs = new long[SMALLEST_TABLE];
    private long[] counts = new long[SMALLEST_TABLE];
    private int[][] words = new int[SMALLEST_TABLE][];
    private int[] wordCounts = new int[SMALLEST_TABLE];
    private int size;

    int size() {
        return size;
    }

    int left(int index) {
        return (int) (pairs[index] >>> 32);
    }

    int right(int index) {
        return (int) pairs[index];
    }

    /** Both ids, the left one in the high bits. */
    long pair(int index) {
        return pairs[index];
    }

    long count(int index) {
        return counts[index];
    }

    /** Takes a pair's words out, an array that may be longer than {@link #wordCount} before; its count becomes 0. */
    int[] take(int index) {
        int[] taken = words[index];
        words[index] = NO_WORDS;
        wordCounts[index] = 0;
        counts[index] = 0;
        return taken;
    }

    int wordCount(int index) {
        return wordCounts[index];
    }

    /** Applies one change and returns the pair's index. */
    int add(PairChanges changes, int change) {
        int index = index(changes.pair(change));
        counts[index] += changes.change(change);
        int more = changes.wordCount(change);
        if (more > 0) {
            int known = wordCounts[index];
            if (known + more > words[index].length) {
                words[index] = Arrays.copyOf(words[index], known == 0 ? more : Math.max(known * 2, known + more));
            }
            System.arraycopy(changes.words(change), 0, words[index], known, more);
            wordCounts[index] += more;
        }
        return index;
    }

    private int index(long pair) {
        int slot = (int) (PairChanges.hash(pair) >>> 32) & (table.length - 1);
        while (table[slot] != 0) {
            if (pairs[table[slot] - 1] == pair) {
                return table[slot] - 1;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        if (size == pairs.length) {
            pairs = Arrays.copyOf(pairs, size * 2);
            counts = Arrays.copyOf(counts, size * 2);
            words = Arrays.copyOf(words, size * 2);
            wordCounts = Arrays.copyOf(wordCounts, size * 2);
        }
        pairs[size] = pair;
        words[size] = NO_WORDS;
        table[slot] = ++size;
        if (size * 2 > table.length) {
            rebuildTable();
        }
        return size - 1;
    }

    private void rebuildTable() {
        table = new int[table.length * 2];
        for (int index = 0; index < size; index++) {
            int slot = (int) (PairChanges.hash(pairs[index]) >>> 32) & (table.length - 1);
            while (table[slot] != 0) {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = index + 1;
        }
    }
}
