package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.rollouts.Rollouts;
import java.util.Arrays;

/**
 * A sampled answer with what PPO computes from it. All arrays have one entry for each token of the answer.
 *
 * @param row token ids of prompt and answer
 * @param promptLength tokens of the prompt
 * @param ended whether the answer ends with the end token
 * @param score the reward model's, clipped, with the penalties for a missing end and for length
 * @param logs log probabilities under the policy before its update
 * @param referenceLogs log probabilities under the frozen SFT model
 * @param values the critic's before its update: what it expects before each token
 */
record Episode(
        int[] row,
        int promptLength,
        boolean ended,
        double score,
        double[] logs,
        double[] referenceLogs,
        double[] values) {

    /** The log ratio is cut off here, as in the policy's step. */
    private static final double LOG_RATIO_BOUND = 20;

    /** What is kept of it. */
    Rollouts.Answer answer(Tokenizer tokenizer) {
        int[] prompt = Arrays.copyOf(row, promptLength);
        int[] tokens = Arrays.copyOfRange(row, promptLength, row.length);
        return new Rollouts.Answer(
                tokenizer.decode(prompt),
                tokenizer.decode(ended ? Arrays.copyOf(tokens, tokens.length - 1) : tokens),
                prompt,
                tokens,
                floats(logs),
                floats(referenceLogs),
                score,
                ended);
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int t = 0; t < floats.length; t++) {
            floats[t] = (float) values[t];
        }
        return floats;
    }

    /** Number of tokens in the answer, the end token included. */
    int length() {
        return row.length - promptLength;
    }

    /** log π − log π_ref of each token: the k1 estimate of the divergence. */
    double[] logRatios() {
        double[] ratios = new double[length()];
        Arrays.setAll(ratios, t -> Math.clamp(logs[t] - referenceLogs[t], -LOG_RATIO_BOUND, LOG_RATIO_BOUND));
        return ratios;
    }

    /** Sum of {@link #logRatios}, in nats. */
    double kl() {
        return Arrays.stream(logRatios()).sum();
    }

    /** −β·k1 at each token, the score added at the last one. */
    double[] rewards(double klCoefficient) {
        double[] rewards = logRatios();
        for (int t = 0; t < rewards.length; t++) {
            rewards[t] *= -klCoefficient;
        }
        rewards[rewards.length - 1] += score;
        return rewards;
    }

    /**
     * Generalised advantage estimates (Schulman et al., arXiv 1506.02438), not whitened: A_t = δ_t + γλA_{t+1} with δ_t =
     * r_t + γV_{t+1} − V_t, both 0 past the end.
     */
    double[] advantages(double klCoefficient, double gamma, double lambda) {
        double[] advantages = rewards(klCoefficient);
        double nextValue = 0;
        double nextAdvantage = 0;
        for (int t = advantages.length - 1; t >= 0; t--) {
            double delta = advantages[t] + gamma * nextValue - values[t];
            nextAdvantage = delta + gamma * lambda * nextAdvantage;
            nextValue = values[t];
            advantages[t] = nextAdvantage;
        }
        return advantages;
    }
}
