package io.alignstream.languagemodel.tokenizer.training;

import java.util.Arrays;

/** By how much the counts of pairs change, and in which words pairs are new. For one thread; used again and again. */
final class PairChanges {

    private static final int SMALLEST = 1 << 8;
    private static final int MOST_KEPT = 1 << 14;

    private final PairIndex index = new PairIndex(SMALLEST);
    private long[] changes = new long[SMALLEST];
    /** Words of each pair that became more, [pairs][words], and how many. */
    private int[][] words = new int[SMALLEST][];

    private int[] wordCounts = new int[SMALLEST];

    void more(int left, int right, long count, int word) {
        int i = indexOf(left, right);
        changes[i] += count;
        int known = wordCounts[i];
        if (known == 0 || words[i][known - 1] != word) {
            if (words[i] == null) {
                words[i] = new int[4];
            } else if (known == words[i].length) {
                words[i] = Arrays.copyOf(words[i], known * 2);
            }
            words[i][known] = word;
            wordCounts[i]++;
        }
    }

    void fewer(int left, int right, long count) {
        int i = indexOf(left, right); // first: it may replace the array
        changes[i] -= count;
    }

    int size() {
        return index.size();
    }

    long pair(int i) {
        return index.pair(i);
    }

    long change(int i) {
        return changes[i];
    }

    /** Words in which a pair is new; only the first {@link #wordCount} count. */
    int[] words(int i) {
        return words[i];
    }

    int wordCount(int i) {
        return wordCounts[i];
    }

    /** Forgets everything; the room is kept unless it is large, as after the first counting of all words. */
    void clear() {
        index.clear(MOST_KEPT);
        if (changes.length > MOST_KEPT) {
            changes = new long[SMALLEST];
            words = new int[SMALLEST][];
            wordCounts = new int[SMALLEST];
        }
    }

    private int indexOf(int left, int right) {
        int known = index.size();
        int i = index.of(PairIndex.pair(left, right));
        if (i == changes.length) {
            changes = Arrays.copyOf(changes, i * 2);
            words = Arrays.copyOf(words, i * 2);
            wordCounts = Arrays.copyOf(wordCounts, i * 2);
        }
        if (i == known) {
            changes[i] = 0;
            wordCounts[i] = 0;
        }
        return i;
    }
}
