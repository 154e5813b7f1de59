package io.alignstream.reward.desk;

import io.alignstream.languagemodel.random.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How far annotators agree about requests that two or more of them have ranked: no model of their rankings can be expected
 * to agree with them more than they do with each other.
 *
 * @param requests that two or more annotators have ranked
 * @param alpha Krippendorff's α for ordinal values, 1 for perfect agreement, 0 for chance; empty if no request's places vary
 * @param concordance Kendall's W, corrected for ties, 0 to 1, the mean of the requests; empty if no order was given
 * @param concordanceByChance what W would be if everybody ordered by chance: 1 divided by the number of annotators, the
 *     mean of the same requests
 * @param pairs part of the pairs that one annotator orders that another orders alike, the mean over requests and annotators;
 *     a tie counts half, and chance gives a half. It is measured as a reward model's accuracy is, so it is its ceiling; empty
 *     if no order was given
 */
public record Agreement(
        int requests,
        OptionalDouble alpha,
        OptionalDouble concordance,
        OptionalDouble concordanceByChance,
        OptionalDouble pairs) {

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
        OrdinalAlpha alpha = alpha(shared(requests));
        SplittableRandom random = SeededRandom.of(0, "bootstrap of alpha", requests.size());
        List<Double> alphas = new ArrayList<>();
        for (int i = 0; i < RESAMPLES; i++) {
            alpha.resampled(random).ifPresent(alphas::add);
        }
        Collections.sort(alphas);
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
        return of(desk.shared().stream().map(RankingDesk.Judged::places).toList());
    }

    /**
     * Measures the agreement about requests.
     *
     * @param requests the places that each annotator gave to the request's answers, an array for each annotator; ties are
     *     mean places. Those of fewer than two annotators are left out
     */
    static Agreement of(List<List<double[]>> requests) {
        List<List<double[]>> shared = shared(requests);
        List<List<double[]>> ordered = shared.stream()
                .filter(rankings -> concordance(rankings).isPresent())
                .toList();
        return new Agreement(
                shared.size(),
                alpha(shared).value(),
                ordered.stream()
                        .map(Agreement::concordance)
                        .mapToDouble(OptionalDouble::orElseThrow)
                        .average(),
                ordered.stream().mapToDouble(rankings -> 1.0 / rankings.size()).average(),
                shared.stream().flatMapToDouble(Agreement::pairs).average());
    }

    /** How each annotator orders what each other one orders. */
    static DoubleStream pairs(List<double[]> rankings) {
        return IntStream.range(0, rankings.size()).boxed().flatMapToDouble(i -> pairs(rankings, i));
    }

    /** How annotator {@code i} orders what each of the others orders, those left out who tie everything. */
    static DoubleStream pairs(List<double[]> rankings, int i) {
        return IntStream.range(0, rankings.size())
                .filter(other -> other != i)
                .mapToObj(other -> accuracy(rankings.get(i), rankings.get(other)))
                .flatMapToDouble(OptionalDouble::stream);
    }

    private static List<List<double[]>> shared(List<List<double[]>> requests) {
        return requests.stream().filter(rankings -> rankings.size() > 1).toList();
    }

    private static OrdinalAlpha alpha(List<List<double[]>> shared) {
        return OrdinalAlpha.of(shared.stream().map(Agreement::units).toList());
    }

    /** The places that each answer of a request got: the units of α. */
    private static List<double[]> units(List<double[]> rankings) {
        return IntStream.range(0, rankings.getFirst().length)
                .mapToObj(answer ->
                        rankings.stream().mapToDouble(places -> places[answer]).toArray())
                .toList();
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
