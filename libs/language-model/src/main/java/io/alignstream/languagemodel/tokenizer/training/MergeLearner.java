package io.alignstream.languagemodel.tokenizer.training;

import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.vocabulary.Merges;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the most frequent pair of neighbours and merges it everywhere, with pair counts kept up to date.
 *
 * <p>A heap holds a candidate for each pair with a count that is at least the pair's; a candidate whose count has fallen
 * since goes back with the true one. Only words that hold the pair are touched by a merge; many of them are shared
 * between threads, each of which notes the changes it makes, and sums do not depend on the order. A text becomes a token
 * by one merge only: another pair that spells a known token stays two tokens, so a pair once merged never comes back.
 */
public final class MergeLearner {

    /** Words that one task works on: with fewer in a merge, threads cost more than they bring. */
    private static final int WORDS_PER_TASK = 4_096;

    private final List<String> names;
    private final Set<String> known;
    /** Whether a token may grow no longer, and the rest of the rules of what may be merged. */
    private final MergeRules rules;

    private final long smallestCount;
    private final Words words;
    private final Workers workers;
    private final List<PairChanges> changes;
    private final PairCounts pairs = new PairCounts();
    private final PairHeap candidates = new PairHeap();
    private final List<Merges.Merge> merges = new ArrayList<>();

    /**
     * @param alphabet names of the ids that words are made of
     * @param smallestCount pairs that occur less often are not merged
     */
    public MergeLearner(List<String> alphabet, MergeRules rules, long smallestCount, Words words, Workers workers) {
        names = new ArrayList<>(alphabet);
        known = new HashSet<>(alphabet);
        this.rules = rules;
        this.smallestCount = smallestCount;
        this.words = words;
        this.workers = workers;
        changes = IntStream.range(0, workers.threads())
                .mapToObj(worker -> new PairChanges())
                .toList();
        alphabet.forEach(rules::add);
        inTasks(words.size(), (worker, word) -> words.count(word, changes.get(worker)));
        apply();
    }

    /** Size of the vocabulary so far. */
    public int size() {
        return names.size();
    }

    /** Token names in id order. */
    public List<String> names() {
        return names;
    }

    /** Merges in the order learned. */
    public List<Merges.Merge> merges() {
        return merges;
    }

    /** Learns one merge; false if no pair that may be merged is frequent enough. */
    public boolean merge() {
        while (!candidates.isEmpty()) {
            long count = candidates.firstCount();
            int index = candidates.firstIndex();
            candidates.removeFirst();
            if (pairs.count(index) < count) {
                offer(index);
            } else if (known.add(name(index))) {
                merge(index);
                return true;
            }
        }
        return false;
    }

    private void merge(int index) {
        int left = pairs.left(index);
        int right = pairs.right(index);
        int merged = names.size();
        names.add(names.get(left) + names.get(right));
        rules.add(names.getLast());
        merges.add(new Merges.Merge(left, right, merged));
        int touched = pairs.wordCount(index);
        int[] touchedWords = pairs.take(index);
        inTasks(touched, (worker, i) -> words.merge(touchedWords[i], left, right, merged, changes.get(worker)));
        apply();
    }

    /** Runs {@code task} for 0 to {@code number} (exclusive), on the calling thread if there are few. */
    private void inTasks(int number, Workers.Task task) {
        if (number < 2 * WORDS_PER_TASK) {
            for (int i = 0; i < number; i++) {
                task.run(0, i);
            }
            return;
        }
        workers.run(Math.ceilDiv(number, WORDS_PER_TASK), (worker, part) -> {
            int end = Math.min(number, (part + 1) * WORDS_PER_TASK);
            for (int i = part * WORDS_PER_TASK; i < end; i++) {
                task.run(worker, i);
            }
        });
    }

    /** Takes over what the threads noted. */
    private void apply() {
        TokenBuffer grown = new TokenBuffer(64);
        for (PairChanges noted : changes) {
            for (int change = 0; change < noted.size(); change++) {
                int before = pairs.size();
                int index = pairs.add(noted, change);
                if (index == before) {
                    grown.add(index); // a pair grows only when it is new: when the later of its ids is made
                }
            }
            noted.clear();
        }
        for (int i = 0; i < grown.size(); i++) {
            offer(grown.get(i));
        }
    }

    private void offer(int index) {
        if (pairs.count(index) >= smallestCount && rules.allow(pairs.left(index), pairs.right(index))) {
            candidates.add(pairs.count(index), pairs.pair(index), index);
        }
    }

    private String name(int index) {
        return names.get(pairs.left(index)) + names.get(pairs.right(index));
    }
}
