package io.alignstream.languagemodel.tokenizer.training;

import java.util.Arrays;

/** How often each pair of ids occurs and in which words it did so at some time. Not thread-safe. */
final class PairCounts {

    private static final int SMALLEST = 1 << 12;
    private static final int[] NO_WORDS = {};

    private final PairIndex index = new PairIndex(SMALLEST);
    private long[] counts = new long[SMALLEST];
    private int[][] words = new int[SMALLEST][];
    private int[] wordCounts = new int[SMALLEST];

    int size() {
        return index.size();
    }

    int left(int i) {
        return (int) (index.pair(i) >>> 32);
    }

    int right(int i) {
        return (int) index.pair(i);
    }

    /** Both ids, the left one in the high bits. */
    long pair(int i) {
        return index.pair(i);
    }

    long count(int i) {
        return counts[i];
    }

    /** Takes a pair's words out, an array that may be longer than {@link #wordCount} before; its count becomes 0. */
    int[] take(int i) {
        int[] taken = words[i];
        words[i] = NO_WORDS;
        wordCounts[i] = 0;
        counts[i] = 0;
        return taken;
    }

    int wordCount(int i) {
        return wordCounts[i];
    }

    /** Applies one change and returns the pair's index. */
    int add(PairChanges changes, int change) {
        int i = indexOf(changes.pair(change));
        counts[i] += changes.change(change);
        int more = changes.wordCount(change);
        if (more > 0) {
            int known = wordCounts[i];
            if (known + more > words[i].length) {
                words[i] = Arrays.copyOf(words[i], known == 0 ? more : Math.max(known * 2, known + more));
            }
            System.arraycopy(changes.words(change), 0, words[i], known, more);
            wordCounts[i] += more;
        }
        return i;
    }

    private int indexOf(long pair) {
        int known = index.size();
        int i = index.of(pair);
        if (i == counts.length) {
            counts = Arrays.copyOf(counts, i * 2);
            words = Arrays.copyOf(words, i * 2);
            wordCounts = Arrays.copyOf(wordCounts, i * 2);
        }
        if (i == known) {
            words[i] = NO_WORDS;
        }
        return i;
    }
}
