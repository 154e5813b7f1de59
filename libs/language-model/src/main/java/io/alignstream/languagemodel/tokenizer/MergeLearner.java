package io.alignstream.languagemodel.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
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
            .thenComparingInt(Candidate::left)
            .thenComparingInt(Candidate::right);

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

    /** How often a pair occurs and in which pieces it did so at some time. */
    private static final class Pair {
        private long count;
        private final IntList pieces = new IntList(4);
    }

    private record Candidate(long count, int left, int right) {}

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
            pairs.forEach((key, pair) -> offer((int) (key >>> 32), key.intValue(), pair.count));
        }
        Candidate best = best();
        if (best == null || best.count() < smallestCount) {
            return false;
        }
        String name = name(best.left(), best.right());
        int merged = names.size();
        names.add(name);
        known.add(name);
        merges.add(new Merges.Merge(best.left(), best.right(), merged));
        mergeEverywhere(best.left(), best.right(), merged);
        return true;
    }

    private @Nullable Candidate best() {
        while (true) {
            Candidate candidate = candidates.poll();
            if (candidate == null) {
                return null;
            }
            Pair pair = pairs.get(Merges.pair(candidate.left(), candidate.right()));
            if (pair == null || pair.count <= 0 || known.contains(name(candidate.left(), candidate.right()))) {
                continue;
            }
            if (pair.count == candidate.count()) {
                return candidate;
            }
            if (pair.count < candidate.count()) {
                candidates.add(new Candidate(pair.count, candidate.left(), candidate.right()));
            }
        }
    }

    private void mergeEverywhere(int left, int right, int merged) {
        Pair pair = pairs.remove(Merges.pair(left, right));
        if (pair == null) {
            return;
        }
        Map<Long, Pair> grown = new HashMap<>();
        for (int i = 0; i < pair.pieces.size(); i++) {
            int index = pair.pieces.get(i);
            pieces.set(index, mergeIn(index, left, right, merged, grown));
        }
        grown.forEach((key, value) -> offer((int) (key >>> 32), key.intValue(), value.count));
    }

    private int[] mergeIn(int index, int left, int right, int merged, Map<Long, Pair> grown) {
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
                grown.put(Merges.pair(piece[size - 1], merged), increase(piece[size - 1], merged, count, index));
            }
            if (i + 2 < piece.length) {
                decrease(right, piece[i + 2], count);
                grown.put(Merges.pair(merged, piece[i + 2]), increase(merged, piece[i + 2], count, index));
            }
            piece[size++] = merged;
            i += 2;
        }
        return Arrays.copyOf(piece, size);
    }

    private Pair increase(int left, int right, long count, int piece) {
        Pair pair = pairs.computeIfAbsent(Merges.pair(left, right), key -> new Pair());
        pair.count += count;
        if (pair.pieces.size() == 0 || pair.pieces.last() != piece) {
            pair.pieces.add(piece);
        }
        return pair;
    }

    private void decrease(int left, int right, long count) {
        Pair pair = pairs.get(Merges.pair(left, right));
        if (pair != null) {
            pair.count -= count;
        }
    }

    private void offer(int left, int right, long count) {
        if (count > 0 && left >= firstCharacter && right >= firstCharacter && shortEnough(left, right)) {
            candidates.add(new Candidate(count, left, right));
        }
    }

    private boolean shortEnough(int left, int right) {
        String name = name(left, right);
        int length = name.codePointCount(0, name.length());
        return length <= (PreTokenizer.isHan(name.codePointAt(0)) ? longestHan : longestWord);
    }

    private String name(int left, int right) {
        return names.get(left) + names.get(right);
    }
}
