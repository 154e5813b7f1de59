package io.alignstream.reward;

import io.alignstream.contracts.Reference;
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
import java.util.List;

/** One training run of the reward model: an SFT model, and the ranked requests at the end of the run's datasets. */
final class RewardJob extends TrainingJob {

    private final RewardConfig config;
    private final CheckpointStore store;

    RewardJob(RewardConfig config, CheckpointStore store, TrainingRun run) {
        super(run, config.trainer());
        this.config = config;
        this.store = store;
    }

    @Override
    public Reason title() {
        return Reason.of("reward.train").with("sft", sft().sha256().substring(0, 12));
    }

    private Reference sft() {
        return training().lineage().parent(Lineage.SFT);
    }

    @Override
    protected TrainingLoop.Inputs inputs(JobContext context) throws IOException {
        Path folder = store.open(sft()).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        List<RankedAnswers> requests = RankedDataset.read(context, training().datasets(), tokenizer);
        return new RewardLoop.Inputs(config, Transformer.load(folder), tokenizer, requests);
    }
}
