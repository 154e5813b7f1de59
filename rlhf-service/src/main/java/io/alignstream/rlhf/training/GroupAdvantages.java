package io.alignstream.rlhf.training;

import java.util.Arrays;

/** What an answer is worth among the answers to its prompt, groups of which stand one after the other. */
final class GroupAdvantages {

    /** Scores that differ by less are one score: nothing is to be learned from the group. */
    private static final double LEAST_DEVIATION = 1e-4;

    private GroupAdvantages() {}

    /** (r − mean) / standard deviation of the group, 0 where all scores are alike (Shao et al., arXiv 2402.03300). */
    static float[] normalised(double[] scores, int group) {
        float[] advantages = new float[scores.length];
        for (int start = 0; start < scores.length; start += group) {
            double[] own = Arrays.copyOfRange(scores, start, start + group);
            double mean = Arrays.stream(own).average().orElse(0);
            double variance = Arrays.stream(own)
                    .map(score -> (score - mean) * (score - mean))
                    .average()
                    .orElse(0);
            double deviation = Math.sqrt(variance);
            for (int i = 0; i < group && deviation > LEAST_DEVIATION; i++) {
                advantages[start + i] = (float) ((own[i] - mean) / deviation);
            }
        }
        return advantages;
    }

    /** r minus the mean of the others of the group (Ahmadian et al., arXiv 2402.14740). */
    static float[] leaveOneOut(double[] scores, int group) {
        float[] advantages = new float[scores.length];
        for (int start = 0; start < scores.length; start += group) {
            double sum = Arrays.stream(scores, start, start + group).sum();
            for (int i = start; i < start + group; i++) {
                advantages[i] = (float) (scores[i] - (sum - scores[i]) / (group - 1));
            }
        }
        return advantages;
    }
}
