package io.alignstream.reward;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.TrainingJob;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * One training run of the reward model: an SFT model, and the ranked requests at the end of the run's datasets, without those
 * that ask what its prompts hold out for the gate.
 */
final class RewardJob extends TrainingJob {

    private final RewardSettings settings;
    private final CheckpointStore store;
    private int leftOut;

    RewardJob(TrainingRun run, RewardSettings settings, CheckpointStore store) {
        super(run, settings.training());
        this.settings = settings;
        this.store = store;
    }

    @Override
    public Reason title() {
        return Reason.of("reward.train").with("sft", sft().shortSha256());
    }

    private Reference sft() {
        return training().lineage().parent(Lineage.SFT);
    }

    @Override
    protected TrainingLoop.Inputs inputs(JobContext context) throws IOException {
        Path folder = store.open(sft()).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        LearnableRankings rankings = LearnableRankings.of(
                tokenizer,
                newest(context, Topic.RANKING_REQUESTS),
                newest(context, Topic.RANKINGS),
                newest(context, Topic.PROMPTS));
        leftOut = rankings.leftOut();
        return new RewardLoop.Inputs(settings, Transformer.load(folder), tokenizer, rankings.requests());
    }

    /** Shown because somebody has asked people for what cannot be used. */
    @Override
    protected Map<String, Double> watched(String phase, long step, Map<String, Double> figures) {
        if (leftOut == 0) {
            return figures;
        }
        Map<String, Double> shown = new TreeMap<>(figures);
        shown.put("requestsOfGatePrompts", (double) leftOut);
        return shown;
    }
}
