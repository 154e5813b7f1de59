package io.alignstream.languagemodel.tokenizer;

import java.util.Arrays;

/** By how much the counts of pairs change, and in which words pairs are new. For one thread; used again and again. */
final class PairChanges {

    private static final int SMALLEST_TABLE = 1 << 8;
    private static final int MOST_KEPT = 1 << 14;

    /** Index of a pair plus one, 0 where free. */
    private int[] table = new int[SMALLEST_TABLE];

    private long[] pairs = new long[SMALLEST_TABLE];
    private long[] changes = new long[SMALLEST_TABLE];
    /** Words of each pair that became more, [pairs][words], and how many. */
    private int[][] words = new int[SMALLEST_TABLE][];

    private int[] wordCounts = new int[SMALLEST_TABLE];
    private int size;

    static long pair(int left, int right) {
        return ((long) left << 32) | right;
    }

    /** A hash of a pair; its high bits are the good ones. */
    static long hash(long pair) {
        return pair * 0x9E3779B97F4A7C15L;
    }

    void more(int left, int right, long count, int word) {
        int index = index(pair(left, right));
        changes[index] += count;
        int known = wordCounts[index];
        if (known == 0 || words[index][known - 1] != word) {
            if (words[index] == null) {
                words[index] = new int[4];
            } else if (known == words[index].length) {
                words[index] = Arrays.copyOf(words[index], known * 2);
            }
            words[index][known] = word;
            wordCounts[index]++;
        }
    }

    void fewer(int left, int right, long count) {
        changes[index(pair(left, right))] -= count;
    }

    int size() {
        return size;
    }

    long pair(int index) {
        return pairs[index];
    }

    long change(int index) {
        return changes[index];
    }

    /** Words in which a pair is new; only the first {@link #wordCount} count. */
    int[] words(int index) {
        return words[index];
    }

    int wordCount(int index) {
        return wordCounts[index];
    }

    /** Forgets everything; the room is kept unless it is large, as after the first counting of all words. */
    void clear() {
        if (pairs.length > MOST_KEPT) {
            table = new int[SMALLEST_TABLE];
            pairs = new long[SMALLEST_TABLE];
            changes = new long[SMALLEST_TABLE];
            words = new int[SMALLEST_TABLE][];
            wordCounts = new int[SMALLEST_TABLE];
        } else {
            Arrays.fill(table, 0);
        }
        size = 0;
    }

    private int index(long pair) {
        int slot = (int) (hash(pair) >>> 32) & (table.length - 1);
        while (table[slot] != 0) {
            if (pairs[table[slot] - 1] == pair) {
                return table[slot] - 1;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        if (size == pairs.length) {
            pairs = Arrays.copyOf(pairs, size * 2);
            changes = Arrays.copyOf(changes, size * 2);
            words = Arrays.copyOf(words, size * 2);
            wordCounts = Arrays.copyOf(wordCounts, size * 2);
        }
        pairs[size] = pair;
        changes[size] = 0;
        wordCounts[size] = 0;
        table[slot] = ++size;
        if (size * 2 > table.length) {
            rebuildTable();
        }
        return size - 1;
    }

    private void rebuildTable() {
        table = new int[table.length * 2];
        for (int index = 0; index < size; index++) {
            int slot = (int) (hash(pairs[index]) >>> 32) & (table.length - 1);
            while (table[slot] != 0) {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = index + 1;
        }
    }
}
