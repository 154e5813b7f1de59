package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.training.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * One training run of the reward model: resumes its newest checkpoint or begins with one that freezes the inputs, trains,
 * checkpoints, publishes.
 */
final class RewardTraining implements Job {

    private static final Logger LOG = Logger.getLogger(RewardTraining.class);
    private static final String MODEL = "model.safetensors";
    private static final String STATE = "training-state.safetensors";

    private final RewardConfig config;
    private final long seed;
    private final CheckpointStore store;
    private final TrainingRun run;

    /**
     * A run, begun or not.
     *
     * @param run parents {@code sft} and, where known, {@code tokenizer}; datasets of requests and rankings
     */
    RewardTraining(RewardConfig config, long seed, CheckpointStore store, TrainingRun run) {
        this.config = config;
        this.seed = seed;
        this.store = store;
        this.run = run;
    }

    @Override
    public String run() {
        return run.id();
    }

    @Override
    public Reason title() {
        return Reason.of("reward.train").with("sft", sft().sha256().substring(0, 12));
    }

    private Reference sft() {
        Reference sft = run.parents().get("sft");
        if (sft == null) {
            throw new IllegalStateException("run " + run() + " has no parent sft");
        }
        return sft;
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Optional<StoredCheckpoint> newest = run.newest();
        if (newest.isPresent() && newest.get().manifest().complete()) {
            Manifest manifest = newest.get().manifest();
            publish(context, newest.get().reference(), manifest.step(), manifest.metrics());
            return;
        }
        Path folder = store.open(sft()).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        List<RankedAnswers> requests = RankedDataset.read(context, run.datasets(), tokenizer);
        try (Transformer sft = Transformer.load(folder);
                RewardLoop loop =
                        newest.isPresent() ? resume(newest.get(), requests) : begin(sft, tokenizer, requests)) {
            if (loop.tooLong() > 0) {
                LOG.warnf("%d ranked requests do not fit the model's positions and are left out", loop.tooLong());
            }
            if (train(context, loop, tokenizer)) {
                finish(context, loop, sft, tokenizer);
            }
        }
    }

    private RewardLoop begin(Transformer sft, Tokenizer tokenizer, List<RankedAnswers> requests) throws IOException {
        RewardLoop loop = new RewardLoop(config.training(), seed, sft, requests);
        save(loop, tokenizer, Map.of());
        return loop;
    }

    private RewardLoop resume(StoredCheckpoint checkpoint, List<RankedAnswers> requests) throws IOException {
        LOG.infof("Resuming at step %d", checkpoint.manifest().step());
        return RewardLoop.resume(
                config.training(),
                seed,
                Transformer.load(checkpoint.folder()),
                requests,
                checkpoint.manifest().step(),
                Safetensors.read(checkpoint.folder().resolve(STATE)));
    }

    /** Returns whether training came to its end. */
    private boolean train(JobContext context, RewardLoop loop, Tokenizer tokenizer) throws IOException {
        while (!loop.finished()) {
            if (context.stopRequested()) {
                save(loop, tokenizer, Map.of());
                return false;
            }
            long start = System.nanoTime();
            long before = loop.episodes();
            Map<String, Double> metrics = new TreeMap<>(loop.train());
            double rankings = loop.episodes() - before;
            Map<String, Double> speed = Map.of("rankingsPerSecond", rankings / ((System.nanoTime() - start) * 1e-9));
            boolean checkpoint = loop.step() % config.checkpointEvery() == 0;
            if (checkpoint) {
                metrics.putAll(loop.evaluate());
            }
            if (checkpoint && !loop.finished()) {
                save(loop, tokenizer, metrics);
            }
            metrics.putAll(speed);
            context.progress("train", loop.step(), loop.totalSteps(), metrics);
        }
        return true;
    }

    private void save(RewardLoop loop, Tokenizer tokenizer, Map<String, Double> metrics) throws IOException {
        save(loop, false, metrics, folder -> write(folder, loop.config(), loop.weights(), loop, tokenizer));
    }

    private Reference save(
            RewardLoop loop, boolean complete, Map<String, Double> metrics, CheckpointStore.Content content)
            throws IOException {
        Map<String, Long> position = Map.of("step", loop.step(), "totalSteps", loop.totalSteps());
        return run.save(loop.step(), complete, position, metrics, TorchRuntime.fingerprint(), content);
    }

    private void finish(JobContext context, RewardLoop loop, Transformer sft, Tokenizer tokenizer) throws IOException {
        try (RewardModel model = loop.finish(sft, tokenizer.endOfTurn())) {
            Map<String, Double> metrics = loop.evaluate(model);
            metrics.put("episodes", (double) loop.episodes());
            context.progress("train", loop.step(), loop.totalSteps(), metrics);
            Reference reference = save(
                    loop,
                    true,
                    metrics,
                    folder -> write(folder, model.network().config(), model.tensors(), loop, tokenizer));
            publish(context, reference, loop.step(), metrics);
        }
    }

    private static void write(
            Path folder, TransformerConfig network, Map<String, Tensor> weights, RewardLoop loop, Tokenizer tokenizer)
            throws IOException {
        Safetensors.write(folder.resolve(MODEL), weights, Map.of());
        Safetensors.write(folder.resolve(STATE), loop.state(), Map.of());
        network.save(folder, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, tokenizer.pad());
        tokenizer.save(folder);
    }

    private void publish(JobContext context, Reference reference, long step, Map<String, Double> metrics) {
        context.publish(
                Topic.CHECKPOINTS,
                new Checkpoint(Stage.REWARD, run.id(), step, reference, run.parents(), run.datasets(), metrics));
    }
}
