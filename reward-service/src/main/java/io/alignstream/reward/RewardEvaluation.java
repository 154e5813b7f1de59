package io.alignstream.reward;

import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * How well reward models agree with rankings that they have not seen, over pairs that are not tied. What was ranked by a
 * criterion is scored by its models, anything else by all.
 *
 * @param pairs number of pairs, each counted once
 * @param pairAccuracy part of the pairs whose better answer scores higher; an equal score counts half
 * @param margin mean difference of the scores, better minus worse
 * @param brier mean squared error of σ(difference) as the probability that the better answer wins
 * @param calibrationError expected calibration error of that probability, ten bins
 * @param lengthCorrelation Pearson's correlation of score and answer length in tokens; near 0 is good
 * @param byLength accuracy where the better answer is longer, shorter and as long
 * @param byCriterion accuracy on what was ranked by each criterion; empty where there are not several
 * @param disagreement mean standard deviation of an answer's scores over the members of an ensemble; NaN without one
 */
record RewardEvaluation(
        int pairs,
        double pairAccuracy,
        double margin,
        double brier,
        double calibrationError,
        double lengthCorrelation,
        ByLength byLength,
        SequencedMap<String, Double> byCriterion,
        double disagreement) {

    private static final int BINS = 10;

    /**
     * Accuracy by the length of a pair's better answer beside the other one; NaN where there is no such pair. A model that
     * looks at nothing but length is right on one kind and wrong on the other, so that its balanced accuracy is 0.5.
     */
    record ByLength(double longer, double shorter, double same) {

        /** The mean of longer and shorter; NaN without both. */
        double balanced() {
            return (longer + shorter) / 2;
        }
    }

    /**
     * A pair.
     *
     * @param difference of the scores, better minus worse
     * @param longer tokens that the better answer has more than the other one
     */
    private record Pair(String criterion, double difference, int longer) {
        double right() {
            return (1 + Math.signum(difference)) / 2;
        }
    }

    /** Scores the answers of {@code requests}. */
    static RewardEvaluation of(RewardEnsemble models, List<RankedAnswers> requests) {
        Map<String, List<RankedAnswers>> byCriterion = requests.stream()
                .collect(Collectors.groupingBy(RankedAnswers::criterion, TreeMap::new, Collectors.toList()));
        List<Pair> pairs = new ArrayList<>();
        List<Double> scores = new ArrayList<>();
        List<Double> lengths = new ArrayList<>();
        List<Double> deviations = new ArrayList<>();
        byCriterion.forEach((criterion, ranked) -> {
            RewardEnsemble.Scores scored = models.by(criterion)
                    .judge(ranked.stream()
                            .flatMap(request -> request.answers().stream())
                            .map(Conversation::ids)
                            .toList());
            int start = 0;
            for (RankedAnswers request : ranked) {
                List<Conversation> answers = request.answers();
                answers.forEach(answer -> lengths.add((double) answer.length() - request.prompt().length));
                for (PreferencePair pair : request.pairs()) {
                    if (!pair.tied()) {
                        pairs.add(new Pair(
                                criterion,
                                scored.values()[start + pair.better()] - scored.values()[start + pair.worse()],
                                answers.get(pair.better()).length()
                                        - answers.get(pair.worse()).length()));
                    }
                }
                start += answers.size();
            }
            Arrays.stream(scored.values()).forEach(scores::add);
            Arrays.stream(scored.deviations()).forEach(deviations::add);
        });
        List<Double> differences = pairs.stream().map(Pair::difference).toList();
        return new RewardEvaluation(
                pairs.size(),
                accuracy(pairs, pair -> true),
                mean(differences),
                mean(differences.stream().map(d -> sigmoid(-d) * sigmoid(-d)).toList()),
                calibrationError(differences),
                correlation(scores, lengths),
                new ByLength(
                        accuracy(pairs, pair -> pair.longer > 0),
                        accuracy(pairs, pair -> pair.longer < 0),
                        accuracy(pairs, pair -> pair.longer == 0)),
                byCriterion(models, pairs),
                models.mayDisagree() ? mean(deviations) : Double.NaN);
    }

    private static SequencedMap<String, Double> byCriterion(RewardEnsemble models, List<Pair> pairs) {
        SequencedMap<String, Double> accuracies = new TreeMap<>();
        if (models.criteria().size() > 1) {
            models.criteria()
                    .forEach(criterion ->
                            accuracies.put(criterion, accuracy(pairs, pair -> pair.criterion.equals(criterion))));
        }
        return accuracies;
    }

    private static double accuracy(List<Pair> pairs, Predicate<Pair> which) {
        return mean(pairs.stream().filter(which).map(Pair::right).toList());
    }

    /** The figures under the field's names; those that do not exist (no pairs, no variance) are left out. */
    SequencedMap<String, Double> metrics() {
        SequencedMap<String, Double> metrics = new TreeMap<>();
        metrics.put("pairAccuracy", pairAccuracy);
        metrics.put("pairAccuracy/longer", byLength.longer);
        metrics.put("pairAccuracy/shorter", byLength.shorter);
        metrics.put("pairAccuracy/sameLength", byLength.same);
        metrics.put("pairAccuracy/lengthBalanced", byLength.balanced());
        // The usual ones have names: "criterion/helpful/pairAccuracy", "criterion/safe/pairAccuracy".
        byCriterion.forEach((criterion, accuracy) -> metrics.put("criterion/" + criterion + "/pairAccuracy", accuracy));
        metrics.put("margin", margin);
        metrics.put("brier", brier);
        metrics.put("calibrationError", calibrationError);
        metrics.put("lengthCorrelation", lengthCorrelation);
        metrics.put("disagreement", disagreement);
        metrics.values().removeIf(value -> !Double.isFinite(value));
        metrics.put("heldOutPairs", (double) pairs);
        return metrics;
    }

    /**
     * Taken over predictions: the model predicts the answer with the higher score with confidence σ(|d|), and is right
     * where d is positive.
     */
    private static double calibrationError(List<Double> differences) {
        double[] gap = new double[BINS];
        for (double d : differences) {
            double confidence = sigmoid(Math.abs(d));
            int bin = Math.min(BINS - 1, (int) ((confidence - 0.5) * 2 * BINS));
            gap[bin] += confidence - (d > 0 ? 1 : d == 0 ? 0.5 : 0);
        }
        double sum = 0;
        for (double bin : gap) {
            sum += Math.abs(bin);
        }
        return sum / differences.size();
    }

    private static double correlation(List<Double> x, List<Double> y) {
        double meanX = mean(x);
        double meanY = mean(y);
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.size(); i++) {
            xy += (x.get(i) - meanX) * (y.get(i) - meanY);
            xx += (x.get(i) - meanX) * (x.get(i) - meanX);
            yy += (y.get(i) - meanY) * (y.get(i) - meanY);
        }
        return xy / Math.sqrt(xx * yy);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
