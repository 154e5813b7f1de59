package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.TrainingJob;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.dataset.SetAside;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One training run of the reward model: an SFT model, and the ranked requests at the end of the run's datasets, without those
 * that ask what its prompts hold out for the gate.
 */
final class RewardJob extends TrainingJob {

    private static final Logger LOG = Logger.getLogger(RewardJob.class);

    private final RewardSettings settings;
    private final CheckpointStore store;
    private final Optional<Reference> inUse;
    private int leftOut;

    /**
     * The job of {@code run}.
     *
     * @param inUse the reward model whose place the new one is to take, if there is one
     */
    RewardJob(TrainingRun run, RewardSettings settings, CheckpointStore store, Optional<Reference> inUse) {
        super(run, settings.training());
        this.settings = settings;
        this.store = store;
        this.inUse = inUse;
    }

    @Override
    public Reason title() {
        return Reason.of("reward.train").with("sft", sft().shortSha256());
    }

    private Reference sft() {
        return training().lineage().parent(Lineage.SFT);
    }

    @Override
    protected Planned plan(JobContext context) throws IOException {
        Path folder = store.open(sft()).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        TransformerConfig shape = TransformerConfig.load(folder);
        LearnableRankings rankings = rankings(context, tokenizer, shape.maxPositions(), setAside());
        setAside().requireMost();
        leftOut = rankings.leftOut();
        return new Planned(
                RewardLoop.Inputs.memory(settings, shape, rankings.requests()),
                workers -> new RewardLoop.Inputs(
                        settings, Transformer.load(folder), tokenizer, rankings.requests(), workers));
    }

    @Override
    protected int shards() {
        return settings.shards();
    }

    private LearnableRankings rankings(JobContext context, Tokenizer tokenizer, int longest, SetAside setAside) {
        return LearnableRankings.of(
                tokenizer,
                newest(context, Topic.RANKING_REQUESTS),
                newest(context, Topic.RANKINGS),
                newest(context, Topic.PROMPTS),
                longest,
                setAside);
    }

    /** Both models are measured now, on what is held out for both. */
    @Override
    protected Checkpoint.@Nullable Promotion promotion(JobContext context, Trainer.Result result) throws IOException {
        if (inUse.isEmpty()) {
            return null;
        }
        StoredCheckpoint candidate = store.open(result.checkpoint());
        StoredCheckpoint other;
        try {
            other = store.open(inUse.get());
        } catch (DamagedCheckpointException e) {
            LOG.warnf(
                    "The reward model in use cannot be compared with, the new one takes its place: %s", e.getMessage());
            return null;
        }
        if (!tokenizer(candidate).equals(tokenizer(other))) {
            return new Checkpoint.Promotion(true, Reason.of("reward.otherTokenizer"), null);
        }
        double share = Math.min(
                settings.heldOutShare(),
                Double.parseDouble(other.manifest().hyperparameters().getOrDefault("heldOut", "0")));
        LearnableRankings rankings =
                rankings(context, Tokenizer.load(candidate.folder()), Integer.MAX_VALUE, new SetAside(Stage.REWARD, 1));
        List<RankedAnswers> heldOut = rankings.requests().stream()
                .filter(request -> request.heldOut(share))
                .toList();
        try (RewardEnsemble trained = RewardEnsemble.load(candidate.folder(), RewardEnsemble.Combination.MEAN);
                RewardEnsemble used = RewardEnsemble.load(other.folder(), RewardEnsemble.Combination.MEAN)) {
            return RewardComparison.of(trained, used, heldOut).promotion();
        }
    }

    /** With the chat template, which stands in a file of its own. */
    private static List<Manifest.@Nullable FileEntry> tokenizer(StoredCheckpoint checkpoint) {
        return Stream.of(Tokenizer.TOKENIZER_FILE, Tokenizer.CONFIG_FILE)
                .<Manifest.@Nullable FileEntry>map(checkpoint.manifest().files()::get)
                .toList();
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
