package io.alignstream.local.lessons.translation;

import io.alignstream.languagemodel.random.SeededRandom;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Pairs to learn from, others to choose settings by, and others to be tested with: no pair stands in two of them.
 *
 * @param training what is learned from, numbers and days mixed
 * @param validation what settings are chosen by
 * @param test what is looked at once they are chosen
 */
record Pairs(List<Pair> training, Held validation, Held test) {

    /** Numbers have 1 to so many digits, each length as often while there are new ones. */
    private static final int DIGITS = 7;

    private static final LocalDate FIRST = LocalDate.of(1900, 1, 1);
    private static final LocalDate END = LocalDate.of(2100, 1, 1);
    /** One pair in so many is for the test, and as many for validation. */
    private static final int HELD_OUT = 25;

    Pairs {
        training = List.copyOf(training);
    }

    /** Pairs that are not learned from. */
    record Held(List<Pair> numbers, List<Pair> days) {

        Held {
            numbers = List.copyOf(numbers);
            days = List.copyOf(days);
        }

        int size() {
            return numbers.size() + days.size();
        }
    }

    /**
     * Draws {@code count} different pairs, three fifths of them numbers.
     *
     * @param count 50 or more
     */
    static Pairs of(int count, long seed) {
        if (count < 2 * HELD_OUT || count > 150_000) {
            throw new IllegalArgumentException("count of pairs is " + count + " but must be 50 to 150,000");
        }
        SplittableRandom random = SeededRandom.of(seed, "translation-pairs", 0);
        List<Pair> numbers = numbers(count * 3 / 5, random);
        List<Pair> days = days(count - count * 3 / 5, random);
        List<Pair> training = new ArrayList<>(numbers.subList(2 * held(numbers), numbers.size()));
        training.addAll(days.subList(2 * held(days), days.size()));
        return new Pairs(
                training,
                new Held(numbers.subList(held(numbers), 2 * held(numbers)), days.subList(held(days), 2 * held(days))),
                new Held(numbers.subList(0, held(numbers)), days.subList(0, held(days))));
    }

    private static int held(List<Pair> pairs) {
        return pairs.size() / HELD_OUT;
    }

    private static List<Pair> numbers(int count, SplittableRandom random) {
        Set<Integer> drawn = new HashSet<>();
        List<Pair> pairs = new ArrayList<>();
        while (pairs.size() < count) {
            int end = (int) Math.pow(10, random.nextInt(1, DIGITS + 1));
            int number = random.nextInt(end / 10, end);
            if (drawn.add(number)) {
                pairs.add(new Pair(NumberWords.chinese(number), NumberWords.english(number)));
            }
        }
        return shuffled(pairs, random);
    }

    /** In any order: brief numbers, of which there are few, are drawn first, and would all be kept for the test. */
    private static List<Pair> shuffled(List<Pair> pairs, SplittableRandom random) {
        return Arrays.stream(SeededRandom.permutation(pairs.size(), random))
                .mapToObj(pairs::get)
                .toList();
    }

    private static List<Pair> days(int count, SplittableRandom random) {
        Set<LocalDate> drawn = new HashSet<>();
        List<Pair> pairs = new ArrayList<>();
        while (pairs.size() < count) {
            LocalDate day = LocalDate.ofEpochDay(random.nextLong(FIRST.toEpochDay(), END.toEpochDay()));
            if (drawn.add(day)) {
                pairs.add(new Pair(DateWords.chinese(day), DateWords.english(day)));
            }
        }
        return pairs;
    }
}
