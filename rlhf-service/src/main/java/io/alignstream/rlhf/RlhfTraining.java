package io.alignstream.rlhf;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.training.TrainingRun;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * One run of PPO: resumes its newest checkpoint or begins with one that freezes the inputs, iterates, checkpoints, passes
 * the gate, publishes release and checkpoint.
 *
 * <p>The release goes first: a run counts as done when its checkpoint is published, so a crash in between publishes the
 * same release again instead of none.
 */
final class RlhfTraining implements Job {

    private static final Logger LOG = Logger.getLogger(RlhfTraining.class);
    private static final String MODEL = "model.safetensors";
    private static final String STATE = "training-state.safetensors";

    private final RlhfConfig config;
    private final long seed;
    private final CheckpointStore store;
    private final TrainingRun run;

    /**
     * A run, begun or not.
     *
     * @param run parents {@code sft}, {@code reward} and, where known, {@code tokenizer}; one dataset, the prompts
     */
    RlhfTraining(RlhfConfig config, long seed, CheckpointStore store, TrainingRun run) {
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
        return Reason.of("rlhf.train")
                .with("sft", parent("sft").sha256().substring(0, 12))
                .with("reward", parent("reward").sha256().substring(0, 12));
    }

    private Reference parent(String role) {
        Reference parent = run.parents().get(role);
        if (parent == null) {
            throw new IllegalStateException("run " + run.id() + " has no parent " + role);
        }
        return parent;
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Optional<StoredCheckpoint> newest = run.newest();
        if (newest.isPresent() && newest.get().manifest().complete()) {
            Manifest manifest = newest.get().manifest();
            publish(context, newest.get().reference(), manifest.step(), manifest.metrics());
            return;
        }
        Path folder = store.open(parent("sft")).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        PromptSplit prompts = PromptSplit.of(prompts(context), config.gate().heldOutShare());
        try (Transformer sft = Transformer.load(folder);
                RewardModel reward =
                        RewardModel.load(store.open(parent("reward")).folder());
                PpoLoop loop = loop(newest, sft, reward, tokenizer, prompts.training())) {
            if (newest.isEmpty()) {
                save(loop, tokenizer, false, Map.of());
            }
            HeldOutComparison comparison = comparison(sft, reward, tokenizer, prompts.heldOut());
            if (iterate(context, loop, comparison, tokenizer)) {
                finish(context, loop, comparison, tokenizer);
            }
        }
    }

    private List<Prompt> prompts(JobContext context) {
        SequencedMap<String, Prompt> newest = new LinkedHashMap<>();
        try (Stream<JobContext.Entry<Prompt>> entries =
                context.read(Topic.PROMPTS, run.datasets().getFirst())) {
            entries.forEach(entry -> {
                Prompt prompt = entry.event();
                if (prompt != null) {
                    newest.put(prompt.id(), prompt);
                } else if (entry.record().key() != null) {
                    newest.remove(new String(entry.record().key(), StandardCharsets.UTF_8));
                }
            });
        }
        if (newest.isEmpty()) {
            throw new IllegalStateException("the frozen prompts are empty; publish prompts and trigger again");
        }
        return List.copyOf(newest.values());
    }

    private PpoLoop loop(
            Optional<StoredCheckpoint> newest,
            Transformer sft,
            RewardModel reward,
            Tokenizer tokenizer,
            List<Prompt> prompts)
            throws IOException {
        List<int[]> ids = ids(tokenizer, prompts);
        int end = tokenizer.endOfTurn();
        int pad = tokenizer.pad();
        if (newest.isEmpty()) {
            return new PpoLoop(config.training(), seed, sft, reward, ids, end, pad);
        }
        Path folder = newest.get().folder();
        long iteration = newest.get().manifest().step();
        LOG.infof("Resuming at iteration %d", iteration);
        return PpoLoop.resume(
                config.training(),
                seed,
                sft,
                reward,
                ids,
                end,
                pad,
                iteration,
                Safetensors.read(folder.resolve(MODEL)),
                Safetensors.read(folder.resolve(STATE)));
    }

    private HeldOutComparison comparison(
            Transformer sft, RewardModel reward, Tokenizer tokenizer, List<Prompt> heldOut) {
        AnswerSampler sampler = new AnswerSampler(
                config.training().temperature(), config.training().maxAnswerTokens(), tokenizer.endOfTurn());
        List<Prompt> used = heldOut.subList(0, Math.min(config.gate().prompts(), heldOut.size()));
        return new HeldOutComparison(seed, sft, reward, sampler, ids(tokenizer, used), tokenizer.pad());
    }

    private static List<int[]> ids(Tokenizer tokenizer, List<Prompt> prompts) {
        return prompts.stream()
                .map(prompt -> ChatTemplate.prompt(tokenizer, prompt.messages()))
                .toList();
    }

    /** Returns whether training came to its end. */
    private boolean iterate(JobContext context, PpoLoop loop, HeldOutComparison comparison, Tokenizer tokenizer)
            throws IOException {
        Alarms alarms = new Alarms();
        while (!loop.finished()) {
            if (context.stopRequested()) {
                save(loop, tokenizer, false, Map.of());
                return false;
            }
            long start = System.nanoTime();
            SequencedMap<String, Double> metrics = loop.iterate();
            metrics.put("episodesPerSecond", config.training().batchEpisodes() / ((System.nanoTime() - start) * 1e-9));
            if (loop.iteration() % config.validateEvery() == 0) {
                metrics.putAll(comparison.compare(loop.policy()).metrics());
            }
            alarms.observe(metrics)
                    .forEach(alarm -> LOG.warnf("Iteration %d: %s", loop.iteration(), Messages.english(alarm)));
            metrics.putAll(alarms.metrics());
            context.progress("ppo", loop.iteration(), config.training().iterations(), metrics);
            if (loop.iteration() % config.checkpointEvery() == 0 && !loop.finished()) {
                save(loop, tokenizer, false, Map.of());
            }
        }
        if (loop.drifted()) {
            LOG.warnf(
                    "Stopped early at iteration %d: KL is above its bound of %s nats",
                    loop.iteration(), config.training().kl().bound());
        }
        return true;
    }

    private Reference save(PpoLoop loop, Tokenizer tokenizer, boolean complete, Map<String, Double> metrics)
            throws IOException {
        Map<String, Long> position = Map.of("iteration", loop.iteration(), "episode", loop.episode());
        return run.save(
                loop.iteration(),
                complete,
                position,
                metrics,
                TorchRuntime.fingerprint(),
                folder -> write(folder, loop, tokenizer));
    }

    private void finish(JobContext context, PpoLoop loop, HeldOutComparison comparison, Tokenizer tokenizer)
            throws IOException {
        SequencedMap<String, Double> metrics = comparison.compare(loop.policy()).metrics();
        metrics.put("klCoefficient", loop.klCoefficient());
        metrics.put("episodes", (double) loop.episode());
        context.progress("gate", loop.iteration(), config.training().iterations(), metrics);
        Reference reference = save(loop, tokenizer, true, metrics);
        publish(context, reference, loop.iteration(), metrics);
    }

    private static void write(Path folder, PpoLoop loop, Tokenizer tokenizer) throws IOException {
        Safetensors.write(folder.resolve(MODEL), loop.weights(), Map.of());
        Safetensors.write(folder.resolve(STATE), loop.state(), Map.of());
        loop.policy()
                .config()
                .save(folder, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, tokenizer.pad());
        tokenizer.save(folder);
    }

    private void publish(JobContext context, Reference reference, long iterations, Map<String, Double> figures) {
        Gate gate = Gate.decide(config.gate(), HeldOutComparison.Figures.of(figures));
        String reason = Messages.english(gate.reason());
        LOG.infof("Candidate %s is %s: %s", reference.sha256().substring(0, 12), gate.verdict(), reason);
        context.publish(
                Topic.MODEL_RELEASES,
                new ModelRelease(config.model(), gate.verdict(), reference, run.id(), figures, reason, gate.reason()));
        context.publish(
                Topic.CHECKPOINTS,
                new Checkpoint(Stage.RLHF, run.id(), iterations, reference, run.parents(), run.datasets(), figures));
    }
}
