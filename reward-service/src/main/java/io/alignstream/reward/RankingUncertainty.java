package io.alignstream.reward;

import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.training.Lineage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
        return load(
                folder,
                RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN),
                () -> RewardEnsemble.loadJudge(folder, RewardEnsemble.Combination.MEAN),
                () -> RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN));
    }

    /**
     * The same; models that are adapters on the SFT model {@code sft} become adapters on {@code network}, which is in memory
     * once and has to be closed later.
     */
    static RankingUncertainty load(StoredCheckpoint trained, Reference sft, Transformer network) throws IOException {
        Optional<LoraSettings> adapters = adaptersOn(trained.manifest(), sft);
        if (adapters.isEmpty()) {
            return load(trained.folder());
        }
        Path folder = trained.folder();
        LoraSettings lora = adapters.get();
        return load(
                folder,
                RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN, network, lora),
                () -> RewardEnsemble.loadJudge(folder, RewardEnsemble.Combination.MEAN, network, lora),
                () -> RewardEnsemble.load(folder, RewardEnsemble.Combination.MEAN, network, lora));
    }

    /** How the models of a checkpoint were trained as adapters on {@code sft}; empty if they are networks of their own. */
    static Optional<LoraSettings> adaptersOn(Manifest trained, Reference sft) {
        return sft.equals(trained.parents().get(Lineage.SFT))
                ? LoraSettings.of(trained.hyperparameters())
                : Optional.empty();
    }

    /** Loads what stands beside the reward model. */
    @FunctionalInterface
    private interface Loading {

        RewardEnsemble load() throws IOException;
    }

    private static RankingUncertainty load(Path folder, RewardEnsemble reward, Loading judge, Loading again)
            throws IOException {
        try {
            boolean judged = folder.resolve(RewardModel.JUDGE_FILE).toFile().exists();
            return new RankingUncertainty(reward, judged ? judge.load() : again.load());
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
