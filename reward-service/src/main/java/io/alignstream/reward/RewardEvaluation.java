package io.alignstream.reward;

import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * How well a reward model agrees with rankings that it has not seen, over pairs that are not tied.
 *
 * @param pairs number of pairs, each counted once
 * @param pairAccuracy part of the pairs whose better answer scores higher; an equal score counts half
 * @param margin mean difference of the scores, better minus worse
 * @param brier mean squared error of σ(difference) as the probability that the better answer wins
 * @param calibrationError expected calibration error of that probability, ten bins
 * @param lengthCorrelation Pearson's correlation of score and answer length in tokens; near 0 is good
 */
record RewardEvaluation(
        int pairs,
        double pairAccuracy,
        double margin,
        double brier,
        double calibrationError,
        double lengthCorrelation) {

    private static final int BINS = 10;

    /** Scores the answers of {@code requests}. */
    static RewardEvaluation of(RewardModel model, List<RankedAnswers> requests) {
        double[] scores = model.scores(requests.stream()
                .flatMap(request -> request.answers().stream())
                .map(Conversation::ids)
                .toList());
        List<Double> differences = new ArrayList<>();
        double[] lengths = new double[scores.length];
        int start = 0;
        for (RankedAnswers request : requests) {
            for (int i = 0; i < request.answers().size(); i++) {
                lengths[start + i] = request.answers().get(i).length() - request.prompt().length;
            }
            for (PreferencePair pair : request.pairs()) {
                if (!pair.tied()) {
                    differences.add(scores[start + pair.better()] - scores[start + pair.worse()]);
                }
            }
            start += request.answers().size();
        }
        return new RewardEvaluation(
                differences.size(),
                mean(differences.stream()
                        .map(d -> d > 0 ? 1 : d == 0 ? 0.5 : 0.0)
                        .toList()),
                mean(differences),
                mean(differences.stream().map(d -> sigmoid(-d) * sigmoid(-d)).toList()),
                calibrationError(differences),
                correlation(scores, lengths));
    }

    /** The figures under the field's names; those that do not exist (no pairs, no variance) are left out. */
    SequencedMap<String, Double> metrics() {
        SequencedMap<String, Double> metrics = new TreeMap<>();
        metrics.put("pairAccuracy", pairAccuracy);
        metrics.put("margin", margin);
        metrics.put("brier", brier);
        metrics.put("calibrationError", calibrationError);
        metrics.put("lengthCorrelation", lengthCorrelation);
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

    private static double correlation(double[] x, double[] y) {
        double meanX = Arrays.stream(x).average().orElse(0);
        double meanY = Arrays.stream(y).average().orElse(0);
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - meanX) * (y[i] - meanY);
            xx += (x[i] - meanX) * (x[i] - meanX);
            yy += (y[i] - meanY) * (y[i] - meanY);
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
