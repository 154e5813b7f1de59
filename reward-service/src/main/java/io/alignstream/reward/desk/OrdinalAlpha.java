package io.alignstream.reward.desk;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Krippendorff's α for ordinal values, of requests with different numbers of answers; immutable.
 *
 * <p>The difference of two places is the distance of the middles of those that are equal to them, in the order of all
 * places that requests with as many answers got. What is observed within an answer is compared with what chance would give
 * among those requests only: that place 9 is none of two answers' is no agreement about anything.
 */
final class OrdinalAlpha {

    /** The expected difference of two places below which all of them are equal but for rounding. */
    private static final double NOTHING = 1e-12;

    private final List<Part> parts;

    private OrdinalAlpha(List<Part> parts) {
        this.parts = parts;
    }

    /**
     * What one request adds.
     *
     * @param answers number of its units
     * @param values number of places that they got
     * @param sum of the middles of the places, 0 to 1, from the mean of all
     * @param squares sum of their squares
     * @param observed sum of the squared differences within its units, each divided by its number of values − 1
     */
    private record Part(int answers, int values, double sum, double squares, double observed) {

        static Part of(List<double[]> units, Map<Double, Double> middles) {
            int values = 0;
            double sum = 0;
            double squares = 0;
            double observed = 0;
            for (double[] unit : units) {
                double[] placed = Arrays.stream(unit).map(middles::get).toArray();
                double unitSum = Arrays.stream(placed).sum();
                double unitSquares = Arrays.stream(placed).map(x -> x * x).sum();
                observed += differences(placed.length, unitSum, unitSquares) / (placed.length - 1);
                values += placed.length;
                sum += unitSum;
                squares += unitSquares;
            }
            return new Part(units.size(), values, sum, squares, observed);
        }

        Part plus(Part other) {
            return new Part(
                    answers,
                    values + other.values,
                    sum + other.sum,
                    squares + other.squares,
                    observed + other.observed);
        }

        /** What would be observed if the places were spread over the units by chance. */
        double expected() {
            return differences(values, sum, squares) / (values - 1);
        }

        /** The sum of the squared differences of all ordered pairs of {@code values}. */
        private static double differences(int values, double sum, double squares) {
            return 2 * Math.max(0, values * squares - sum * sum);
        }
    }

    /**
     * Prepares α.
     *
     * @param requests of each its answers, and of each answer the places that it got, in any order; answers with fewer than
     *     two count for nothing
     */
    static OrdinalAlpha of(List<List<double[]>> requests) {
        Map<Integer, List<List<double[]>>> byAnswers = requests.stream()
                .map(units -> units.stream().filter(unit -> unit.length > 1).toList())
                .filter(units -> !units.isEmpty())
                .collect(Collectors.groupingBy(List::size));
        return new OrdinalAlpha(byAnswers.values().stream()
                .flatMap(alike -> {
                    Map<Double, Double> middles = middles(alike);
                    return alike.stream().map(units -> Part.of(units, middles));
                })
                .toList());
    }

    private static Map<Double, Double> middles(List<List<double[]>> requests) {
        SortedMap<Double, Integer> counts = new TreeMap<>();
        requests.stream()
                .flatMap(List::stream)
                .flatMapToDouble(Arrays::stream)
                .forEach(value -> counts.merge(value, 1, Integer::sum));
        double all = counts.values().stream().mapToInt(Integer::intValue).sum();
        Map<Double, Double> middles = new HashMap<>();
        int before = 0;
        for (Map.Entry<Double, Integer> equal : counts.entrySet()) {
            middles.put(equal.getKey(), (before + equal.getValue() / 2.0) / all - 0.5);
            before += equal.getValue();
        }
        return middles;
    }

    /** α: 1 for perfect agreement, 0 for chance; empty if no request's places vary. */
    OptionalDouble value() {
        return value(parts);
    }

    /** α of as many requests as there are, drawn with replacement; what their places are worth stays the same. */
    OptionalDouble resampled(SplittableRandom random) {
        return value(parts.stream()
                .map(any -> parts.get(random.nextInt(parts.size())))
                .toList());
    }

    private static OptionalDouble value(List<Part> parts) {
        Map<Integer, Part> byAnswers =
                parts.stream().collect(Collectors.toMap(Part::answers, part -> part, Part::plus, TreeMap::new));
        double observed = 0;
        double expected = 0;
        int values = 0;
        for (Part alike : byAnswers.values()) {
            observed += alike.observed();
            expected += alike.expected();
            values += alike.values();
        }
        return expected > NOTHING * values ? OptionalDouble.of(1 - observed / expected) : OptionalDouble.empty();
    }
}
