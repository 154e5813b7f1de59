package io.alignstream.reward.desk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * How far annotators agree about requests that two or more of them have ranked: no model of their rankings can be expected
 * to agree with them more than they do with each other.
 *
 * @param requests that two or more annotators have ranked
 * @param alpha Krippendorff's α for ordinal values, 1 for perfect agreement, 0 for chance; empty if nothing varies
 * @param concordance Kendall's W, corrected for ties, 0 to 1, the mean of the requests; empty if no order was given
 */
public record Agreement(int requests, OptionalDouble alpha, OptionalDouble concordance) {

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
        TreeMap<Double, Integer> counts = new TreeMap<>();
        pairable.forEach(unit -> Arrays.stream(unit).forEach(value -> counts.merge(value, 1, Integer::sum)));
        Map<Double, Double> middles = middles(counts);
        double values = counts.values().stream().mapToInt(Integer::intValue).sum();
        double observed = 0;
        for (double[] unit : pairable) {
            double differences = 0;
            for (double one : unit) {
                for (double other : unit) {
                    differences += squared(middles.get(one) - middles.get(other));
                }
            }
            observed += differences / (unit.length - 1);
        }
        double expected = 0;
        for (Map.Entry<Double, Integer> one : counts.entrySet()) {
            for (Map.Entry<Double, Integer> other : counts.entrySet()) {
                expected += one.getValue()
                        * other.getValue()
                        * squared(middles.get(one.getKey()) - middles.get(other.getKey()));
            }
        }
        return expected == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(1 - observed / values / (expected / (values * (values - 1))));
    }

    /** Where each value's middle stands among all values in order: the ordinal difference is one of these. */
    private static Map<Double, Double> middles(TreeMap<Double, Integer> counts) {
        Map<Double, Double> middles = new TreeMap<>();
        double before = 0;
        for (Map.Entry<Double, Integer> value : counts.entrySet()) {
            middles.put(value.getKey(), before + value.getValue() / 2.0);
            before += value.getValue();
        }
        return middles;
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
