package io.alignstream.reward.desk;

import io.alignstream.languagemodel.random.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How far annotators agree about requests that two or more of them have ranked: no model of their rankings can be expected
 * to agree with them more than they do with each other.
 *
 * @param requests that two or more annotators have ranked
 * @param alpha Krippendorff's α for ordinal values, 1 for perfect agreement, 0 for chance; empty if nothing varies
 * @param concordance Kendall's W, corrected for ties, 0 to 1, the mean of the requests; empty if no order was given
 */
public record Agreement(int requests, OptionalDouble alpha, OptionalDouble concordance) {

    private static final int RESAMPLES = 200;
    private static final double TAIL = 0.025;

    /**
     * Where a figure lies with a probability of 95 %.
     *
     * @param low 2.5 % of the resamples are lower
     * @param high 2.5 % are higher
     */
    public record Interval(double low, double high) {}

    /**
     * The interval of α by bootstrap over requests, as what is asked is a sample of what could be asked; the same for the
     * same requests. Empty if α is.
     *
     * @param requests as {@link #of} takes them
     */
    static Optional<Interval> interval(List<List<double[]>> requests) {
        List<List<double[]>> shared =
                requests.stream().filter(rankings -> rankings.size() > 1).toList();
        SplittableRandom random = SeededRandom.of(0, "bootstrap of alpha", shared.size());
        List<Double> alphas = Stream.generate(() -> Stream.generate(() -> shared.get(random.nextInt(shared.size())))
                        .limit(shared.size())
                        .toList())
                .limit(shared.isEmpty() ? 0 : RESAMPLES)
                .flatMapToDouble(resample -> of(resample).alpha().stream())
                .sorted()
                .boxed()
                .toList();
        int tail = (int) (alphas.size() * TAIL);
        return alphas.isEmpty()
                ? Optional.empty()
                : Optional.of(new Interval(alphas.get(tail), alphas.get(alphas.size() - 1 - tail)));
    }

    /**
     * Part of the pairs that {@code reference} orders that {@code places} orders alike; a tie there counts half. Empty if
     * the reference ties everything.
     */
    static OptionalDouble accuracy(double[] places, double[] reference) {
        double alike = 0;
        int pairs = 0;
        for (int i = 0; i < reference.length; i++) {
            for (int j = 0; j < reference.length; j++) {
                if (reference[i] < reference[j]) {
                    pairs++;
                    alike += places[i] < places[j] ? 1 : places[i] == places[j] ? 0.5 : 0;
                }
            }
        }
        return pairs == 0 ? OptionalDouble.empty() : OptionalDouble.of(alike / pairs);
    }

    /** The agreement about the newest requests of {@code desk} that two or more have judged. */
    static Agreement of(RankingDesk desk) {
        return of(desk.shared().stream()
                .map(judged -> {
                    DistinctAnswers answers =
                            DistinctAnswers.of(judged.request().answers());
                    return judged.rankings().stream().map(answers::places).toList();
                })
                .toList());
    }

    /**
     * Measures the agreement about requests.
     *
     * @param requests the places that each annotator gave to the request's answers, an array for each annotator; ties are
     *     mean places. Those of fewer than two annotators are left out
     */
    static Agreement of(List<List<double[]>> requests) {
        List<List<double[]>> shared =
                requests.stream().filter(rankings -> rankings.size() > 1).toList();
        List<double[]> answers = new ArrayList<>();
        for (List<double[]> rankings : shared) {
            for (int i = 0; i < rankings.getFirst().length; i++) {
                int answer = i;
                answers.add(
                        rankings.stream().mapToDouble(places -> places[answer]).toArray());
            }
        }
        OptionalDouble concordance = shared.stream()
                .map(Agreement::concordance)
                .flatMapToDouble(OptionalDouble::stream)
                .average();
        return new Agreement(shared.size(), alpha(answers), concordance);
    }

    /**
     * Krippendorff's α with the ordinal difference function.
     *
     * @param units the values that observers gave to each unit, in any order; units of fewer than two count for nothing
     */
    static OptionalDouble alpha(List<double[]> units) {
        List<double[]> pairable = units.stream().filter(unit -> unit.length > 1).toList();
        double[] sorted =
                pairable.stream().flatMapToDouble(Arrays::stream).sorted().toArray();
        double observed = 0;
        for (double[] unit : pairable) {
            observed += differences(middles(unit, sorted)) / (unit.length - 1);
        }
        double expected = differences(middles(sorted, sorted)) / (sorted.length - 1);
        return expected > 0 ? OptionalDouble.of(1 - observed / expected) : OptionalDouble.empty();
    }

    /**
     * Where the middle of those that are equal to each of {@code values} stands in {@code sorted}: the ordinal difference
     * of two values is the distance of their middles.
     */
    private static double[] middles(double[] values, double[] sorted) {
        return Arrays.stream(values)
                .map(value -> (firstFrom(value, sorted) + firstFrom(Math.nextUp(value), sorted)) / 2.0)
                .toArray();
    }

    /** The index of the first of {@code sorted} that is {@code least} or more. */
    private static int firstFrom(double least, double[] sorted) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < least) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The sum of the squared differences of all ordered pairs: 2n times the sum of the squared distances from the mean. */
    private static double differences(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        return 2
                * values.length
                * Arrays.stream(values).map(value -> squared(value - mean)).sum();
    }

    /** Kendall's W of rankings of the same answers, corrected for ties; empty if all answers are tied in all of them. */
    static OptionalDouble concordance(List<double[]> rankings) {
        int annotators = rankings.size();
        int answers = rankings.getFirst().length;
        double mean = annotators * (answers + 1) / 2.0;
        double spread = 0;
        for (int i = 0; i < answers; i++) {
            double sum = -mean;
            for (double[] places : rankings) {
                sum += places[i];
            }
            spread += squared(sum);
        }
        double ties = rankings.stream().mapToDouble(Agreement::ties).sum();
        double most = (double) annotators * annotators * (cubed(answers) - answers) - annotators * ties;
        return most == 0 ? OptionalDouble.empty() : OptionalDouble.of(12 * spread / most);
    }

    /** The sum of t³ − t over groups of t tied answers. */
    private static double ties(double[] places) {
        Map<Double, Integer> counts = new TreeMap<>();
        Arrays.stream(places).forEach(place -> counts.merge(place, 1, Integer::sum));
        return counts.values().stream().mapToDouble(tied -> cubed(tied) - tied).sum();
    }

    private static double squared(double x) {
        return x * x;
    }

    private static double cubed(double x) {
        return x * x * x;
    }
}
