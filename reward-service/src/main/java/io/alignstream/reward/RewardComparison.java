package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import java.util.Arrays;
import java.util.List;

/**
 * A new reward model beside the one in use, on the same held-out requests: each counts as the share of its pairs, ties left
 * out, that a model judges right.
 *
 * @param requests how many have a pair that is not tied
 * @param accuracy mean of the new model
 * @param accuracyInUse mean of the one in use
 * @param standardError of the mean difference over the requests, as their pairs are not independent of each other; 0 where
 *     there are less than two
 */
record RewardComparison(int requests, double accuracy, double accuracyInUse, double standardError) {

    /** Scores the answers of {@code heldOut} by both. */
    static RewardComparison of(RewardEnsemble candidate, RewardEnsemble inUse, List<RankedAnswers> heldOut) {
        List<RankedAnswers> decided = heldOut.stream()
                .filter(request -> request.pairs().stream().anyMatch(pair -> !pair.tied()))
                .filter(request -> request.longest() <= Math.min(candidate.maxPositions(), inUse.maxPositions()))
                .toList();
        double[] right = decided.stream()
                .mapToDouble(request -> accuracy(candidate, request))
                .toArray();
        double[] rightInUse = decided.stream()
                .mapToDouble(request -> accuracy(inUse, request))
                .toArray();
        double mean = Arrays.stream(right).average().orElse(Double.NaN);
        double meanInUse = Arrays.stream(rightInUse).average().orElse(Double.NaN);
        double squares = 0;
        for (int i = 0; i < right.length; i++) {
            double difference = right[i] - rightInUse[i] - (mean - meanInUse);
            squares += difference * difference;
        }
        int n = right.length;
        return new RewardComparison(n, mean, meanInUse, n < 2 ? 0 : Math.sqrt(squares / (n - 1) / n));
    }

    private static double accuracy(RewardEnsemble models, RankedAnswers request) {
        double[] scores = models.by(request.criterion())
                .scores(request.answers().stream().map(Conversation::ids).toList());
        return request.pairs().stream()
                .filter(pair -> !pair.tied())
                .mapToDouble(pair -> right(scores, pair))
                .average()
                .orElseThrow();
    }

    private static double right(double[] scores, PreferencePair pair) {
        return (1 + Math.signum(scores[pair.better()] - scores[pair.worse()])) / 2;
    }

    /**
     * The new model takes the place of the other unless it is worse by more than one standard error: so far chance alone
     * goes easily.
     */
    Checkpoint.Promotion promotion() {
        boolean worse = requests > 1 && accuracy + standardError < accuracyInUse;
        String code = requests < 2 ? "reward.notCompared" : worse ? "reward.notPromoted" : "reward.promoted";
        Reason reason = Reason.of(code).with("requests", requests);
        return new Checkpoint.Promotion(
                !worse,
                requests < 2
                        ? reason
                        : reason.with("accuracy", rounded(accuracy))
                                .with("inUse", rounded(accuracyInUse))
                                .with("error", rounded(standardError)),
                null);
    }

    private static double rounded(double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }
}
