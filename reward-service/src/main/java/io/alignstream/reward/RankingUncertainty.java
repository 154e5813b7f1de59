package io.alignstream.reward;

import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * How much a ranking of some answers would tell a reward model and its judge, who have learned from different rankings: the
 * entropy of what both together expect of each pair. It is high where the scores are close, and where the two models
 * contradict each other: H((p + q) / 2) is the mean entropy of both plus their Jensen–Shannon divergence. For one thread.
 */
public final class RankingUncertainty implements AutoCloseable {

    private final RewardEnsemble reward;
    private final RewardEnsemble judge;

    private RankingUncertainty(RewardEnsemble reward, RewardEnsemble judge) {
        this.reward = reward;
        this.judge = judge;
    }

    /**
     * That of the models in a reward model's checkpoint folder; without a judge there the reward model stands for both.
     *
     * @throws IOException if a file is missing or damaged
     */
    public static RankingUncertainty load(Path folder) throws IOException {
        RewardEnsemble reward = RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN);
        try {
            boolean judged = folder.resolve(RewardModel.JUDGE_FILE).toFile().exists();
            return new RankingUncertainty(
                    reward,
                    judged
                            ? RewardEnsemble.loadJudge(folder, RewardEnsemble.Combination.MEAN)
                            : RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN));
        } catch (IOException e) {
            reward.close();
            throw e;
        }
    }

    /**
     * The mean over all pairs, 0 to 1 bit.
     *
     * @param answers two or more, prompt and answer as one row of token ids, up to the end of turn
     */
    public double of(List<int[]> answers) {
        return bits(reward.scores(answers), judge.scores(answers));
    }

    /** The mean over all pairs of answers with these scores. */
    static double bits(double[] reward, double[] judge) {
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < reward.length; i++) {
            for (int j = i + 1; j < reward.length; j++) {
                sum += entropy((sigmoid(reward[i] - reward[j]) + sigmoid(judge[i] - judge[j])) / 2);
                pairs++;
            }
        }
        return sum / pairs;
    }

    private static double entropy(double p) {
        return p <= 0 || p >= 1 ? 0 : -(p * Math.log(p) + (1 - p) * Math.log(1 - p)) / Math.log(2);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @Override
    public void close() {
        reward.close();
        judge.close();
    }
}
