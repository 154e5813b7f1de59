package io.alignstream.rlhf.guard;

import io.alignstream.rlhf.gate.HeldOutComparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The figures of one run by iteration, the newest {@value #KEPT} of them and the first; not thread-safe.
 *
 * <p>A guard that lets a run go on looks at later figures only: {@link #after}.
 */
final class RunFigures {

    static final String REWARD = "objective/scores";

    private static final int KEPT = 2_000;

    private final NavigableMap<Long, Map<String, Double>> iterations = new TreeMap<>();
    /** Iteration of the newest figures that no longer count. */
    private long settled;

    /** A figure at an iteration. */
    record Point(long iteration, double value) {}

    /**
     * A figure now and at first.
     *
     * @param now mean of the newest iterations
     * @param first mean of as many at the beginning of the run
     * @param since the first of the newest iterations
     */
    record Drift(double now, double first, long since, long iteration) {}

    /** Takes in an iteration; a run that went back takes its later ones again. */
    void add(long iteration, Map<String, Double> figures) {
        iterations.tailMap(iteration, true).clear();
        iterations.put(iteration, Map.copyOf(figures));
        if (iterations.size() > KEPT) {
            // The beginning is what drifts are measured against, so the oldest after it goes.
            iterations.remove(
                    iterations.keySet().stream().skip(KEPT / 4).findFirst().orElseThrow());
        }
    }

    /** What is known up to {@code iteration} is settled: only later figures tell anything new. */
    void after(long iteration) {
        settled = iteration;
    }

    /** The newest {@code count} values of {@code figure}, oldest first; empty if there are fewer. */
    Optional<List<Point>> newest(String figure, int count) {
        List<Point> points = points(figure, iterations.tailMap(settled, false));
        return points.size() < count
                ? Optional.empty()
                : Optional.of(points.subList(points.size() - count, points.size()));
    }

    /** The newest value of {@code figure} that is settled; empty if none is. */
    Optional<Double> settled(String figure) {
        List<Point> points = points(figure, iterations.headMap(settled, true));
        return points.isEmpty()
                ? Optional.empty()
                : Optional.of(points.getLast().value());
    }

    /** How {@code figure} is now, in the mean over {@code count} iterations, and how it was at first. */
    Optional<Drift> drift(String figure, int count) {
        return newest(figure, count)
                .map(points -> new Drift(
                        mean(points),
                        mean(points(figure, iterations).subList(0, count)),
                        points.getFirst().iteration(),
                        points.getLast().iteration()));
    }

    /** Every comparison that counts, oldest first; the SFT model's is one while nothing is settled. */
    List<Comparison> newComparisons() {
        return comparisons().stream()
                .filter(comparison -> settled == 0 || comparison.iteration() > settled)
                .toList();
    }

    /** Every comparison, oldest first, beginning with the SFT model. */
    List<Comparison> comparisons() {
        List<Comparison> comparisons = new ArrayList<>();
        long before = 0;
        for (Map.Entry<Long, Map<String, Double>> entry : iterations.entrySet()) {
            Map<String, Double> figures = entry.getValue();
            if (!figures.containsKey(HeldOutComparison.JUDGE)) {
                continue;
            }
            long iteration = entry.getKey();
            if (comparisons.isEmpty()) {
                comparisons.add(start(figures));
            }
            List<Point> scores = points(REWARD, iterations.subMap(before, false, iteration, true));
            comparisons.add(new Comparison(
                    iteration,
                    value(figures, HeldOutComparison.KL),
                    scores.isEmpty() ? value(figures, HeldOutComparison.REWARD) : mean(scores),
                    value(figures, HeldOutComparison.JUDGE)));
            before = iteration;
        }
        return comparisons;
    }

    /** The SFT model, of which the first batch is sampled, by what a later comparison says of it. */
    private Comparison start(Map<String, Double> figures) {
        List<Point> scores = points(REWARD, iterations);
        return new Comparison(
                0,
                0,
                scores.isEmpty()
                        ? value(figures, HeldOutComparison.SFT_REWARD)
                        : scores.getFirst().value(),
                value(figures, HeldOutComparison.SFT_JUDGE));
    }

    private static List<Point> points(String figure, SortedMap<Long, Map<String, Double>> from) {
        return from.entrySet().stream()
                .filter(entry -> entry.getValue().containsKey(figure))
                .map(entry -> new Point(entry.getKey(), value(entry.getValue(), figure)))
                .toList();
    }

    private static double value(Map<String, Double> figures, String figure) {
        return figures.getOrDefault(figure, Double.NaN);
    }

    static double mean(List<Point> points) {
        return points.stream().mapToDouble(Point::value).average().orElse(Double.NaN);
    }
}
