package io.alignstream.training.card;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * How many records there are of each value.
 *
 * @param largest numbers by value, the largest first, {@value #SHOWN} at most
 * @param others records with further values
 */
public record Tally(SequencedMap<String, Long> largest, long others) {

    /** Values that are told one by one. */
    public static final int SHOWN = 20;

    static final Tally NONE = new Tally(new LinkedHashMap<>(), 0);

    /** Records that say anything. */
    public long sum() {
        return others + largest.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Counts, with a bound on how many values are told apart. For one thread. */
    static final class Counter {

        private static final int TOLD_APART = 10_000;

        private final Map<String, Long> counts = new TreeMap<>();
        private long others;

        void add(String value, long count) {
            if (counts.size() < TOLD_APART || counts.containsKey(value)) {
                counts.merge(value, count, Long::sum);
            } else {
                others += count;
            }
        }

        Tally tally() {
            List<Map.Entry<String, Long>> sorted = counts.entrySet().stream()
                    .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                    .toList();
            SequencedMap<String, Long> largest = new LinkedHashMap<>();
            sorted.stream().limit(SHOWN).forEach(entry -> largest.put(entry.getKey(), entry.getValue()));
            long rest =
                    sorted.stream().skip(SHOWN).mapToLong(Map.Entry::getValue).sum();
            return new Tally(largest, others + rest);
        }
    }
}
