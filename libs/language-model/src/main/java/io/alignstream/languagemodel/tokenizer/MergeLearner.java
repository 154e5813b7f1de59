package io.alignstream.languagemodel.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the most frequent pair of neighbours and merges it everywhere, with pair counts kept up to date.
 *
 * <p>A heap holds a candidate for each pair with a count that is at least the pair's; a candidate whose count has fallen
 * since goes back with the true one. Only pieces that hold the pair are touched by a merge. A text becomes a token by
 * one merge only: another pair that spells a known token stays two tokens, so a pair once merged never comes back. Not
 * thread-safe.
 */
final class MergeLearner {

    private static final Comparator<Candidate> MOST_FREQUENT_FIRST = Comparator.comparingLong(Candidate::count)
            .reversed()
            .thenComparingInt(candidate -> candidate.pair().left)
            .thenComparingInt(candidate -> candidate.pair().right);

    private final List<String> names;
    private final Set<String> known;
    private final int longestHan;
    private final int longestWord;
    /** Ids from here on and single characters take part in merges; control and byte tokens do not. */
    private final int firstCharacter = ControlToken.values().length + Vocabulary.BYTES;

    private final List<int[]> pieces = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private final Map<Long, Pair> pairs = new HashMap<>();
    private final PriorityQueue<Candidate> candidates = new PriorityQueue<>(MOST_FREQUENT_FIRST);
    private final List<Merges.Merge> merges = new ArrayList<>();

    /** How often a pair of ids occurs and in which pieces it did so at some time. */
    private static final class Pair {
        private final int left;
        private final int right;
        private long count;
        private final IntList pieces = new IntList(4);

        Pair(int left, int right) {
            this.left = left;
            this.right = right;
        }
    }

    private record Candidate(long count, Pair pair) {}

    MergeLearner(List<String> alphabet, int longestHan, int longestWord) {
        names = new ArrayList<>(alphabet);
        known = new HashSet<>(alphabet);
        this.longestHan = longestHan;
        this.longestWord = longestWord;
    }

    /** Adds a piece, given as the ids of its characters, that occurs {@code count} times. */
    void add(int[] piece, long count) {
        if (piece.length < 2) {
            return;
        }
        int index = pieces.size();
        pieces.add(piece);
        counts.add(count);
        for (int i = 0; i + 1 < piece.length; i++) {
            increase(piece[i], piece[i + 1], count, index);
        }
    }

    int size() {
        return names.size();
    }

    /** Token names in id order. */
    List<String> names() {
        return names;
    }

    /** Merges in the order learned. */
    List<Merges.Merge> merges() {
        return merges;
    }

    /** Learns one merge; false if no pair that may be merged occurs {@code smallestCount} times. */
    boolean merge(long smallestCount) {
        if (merges.isEmpty()) {
            pairs.values().forEach(this::offer);
        }
        Pair best = best();
        if (best == null || best.count < smallestCount) {
            return false;
        }
        int merged = names.size();
        String name = name(best);
        names.add(name);
        known.add(name);
        merges.add(new Merges.Merge(best.left, best.right, merged));
        mergeEverywhere(best, merged);
        return true;
    }

    private @Nullable Pair best() {
        while (true) {
            Candidate candidate = candidates.poll();
            if (candidate == null) {
                return null;
            }
            Pair pair = candidate.pair();
            if (pair.count == candidate.count() && !known.contains(name(pair))) {
                return pair;
            }
            if (pair.count < candidate.count()) {
                offer(pair);
            }
        }
    }

    private void mergeEverywhere(Pair pair, int merged) {
        pairs.remove(key(pair.left, pair.right));
        pair.count = 0;
        Set<Pair> grown = new LinkedHashSet<>();
        for (int i = 0; i < pair.pieces.size(); i++) {
            int index = pair.pieces.get(i);
            pieces.set(index, mergeIn(index, pair.left, pair.right, merged, grown));
        }
        grown.forEach(this::offer);
    }

    private int[] mergeIn(int index, int left, int right, int merged, Set<Pair> grown) {
        int[] piece = pieces.get(index);
        long count = counts.get(index);
        int size = 0; // ids kept so far, written over the piece's beginning
        int i = 0;
        while (i < piece.length) {
            if (piece[i] != left || i + 1 == piece.length || piece[i + 1] != right) {
                piece[size++] = piece[i++];
                continue;
            }
            if (size > 0) {
                decrease(piece[size - 1], left, count);
                grown.add(increase(piece[size - 1], merged, count, index));
            }
            if (i + 2 < piece.length) {
                decrease(right, piece[i + 2], count);
                grown.add(increase(merged, piece[i + 2], count, index));
            }
            piece[size++] = merged;
            i += 2;
        }
        return Arrays.copyOf(piece, size);
    }

    private Pair increase(int left, int right, long count, int piece) {
        Pair pair = pairs.computeIfAbsent(key(left, right), key -> new Pair(left, right));
        pair.count += count;
        if (pair.pieces.size() == 0 || pair.pieces.last() != piece) {
            pair.pieces.add(piece);
        }
        return pair;
    }

    private void decrease(int left, int right, long count) {
        Pair pair = pairs.get(key(left, right));
        if (pair != null) {
            pair.count -= count;
        }
    }

    private void offer(Pair pair) {
        boolean characters = pair.left >= firstCharacter && pair.right >= firstCharacter;
        if (pair.count > 0 && characters && shortEnough(name(pair))) {
            candidates.add(new Candidate(pair.count, pair));
        }
    }

    private boolean shortEnough(String name) {
        int length = name.codePointCount(0, name.length());
        return length <= (PreTokenizer.isHan(name.codePointAt(0)) ? longestHan : longestWord);
    }

    private String name(Pair pair) {
        return names.get(pair.left) + names.get(pair.right);
    }

    /** A key for hash maps: {@link Long#hashCode} of the plain pair would be no more than left xor right. */
    private static long key(int left, int right) {
        return Merges.pair(left, right) * 0x9E3779B97F4A7C15L;
    }
}
