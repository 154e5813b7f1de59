package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.TorchRuntime;
import io.alignstream.languagemodel.transformer.TransformerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Supervised fine-tuning of a base model on conversations.
 *
 * <p>Cross-entropy on the assistant's tokens and its end of turn only, AdamW without weight decay, linear warm-up and
 * decay. All weights are tuned, or low-rank adapters of a base model that stays as it is. Left out: mixing in
 * pretraining data.
 *
 * <p>All state is in the checkpoint, so a run that goes on from one ends with the same weights as one that was never
 * interrupted. For one thread.
 */
public final class SftLoop {

    private static final Logger LOG = LoggerFactory.getLogger(SftLoop.class);
    private final SftSettings settings;
    private final Path base;
    private final Tokenizer tokenizer;
    private final Conversations conversations;
    private final TrainingRun run;
    private final Monitor monitor;

    /** Watches the loop and can stop it. */
    public interface Monitor {

        /** Whether to write a checkpoint and return before the next step. */
        default boolean stopRequested() {
            return false;
        }

        /**
         * Reports a finished step.
         *
         * @param metrics loss, gradientNorm, learningRate, tokensPerSecond, at times those of {@link HeldOut}
         */
        void progress(long step, long totalSteps, Map<String, Double> metrics);
    }

    /** The finished model: its checkpoint, the steps and the figures of the last one. */
    public record Result(Reference checkpoint, long step, Map<String, Double> metrics) {}

    /**
     * A loop on frozen inputs.
     *
     * @param base folder of the base checkpoint, with its tokenizer
     * @param instructions in any order, ids distinct
     * @param run where checkpoints go and where the loop resumes
     * @throws IllegalArgumentException if no conversation is left to learn from
     * @throws IOException if the base checkpoint cannot be read
     */
    public SftLoop(
            SftSettings settings, Path base, Collection<Instruction> instructions, TrainingRun run, Monitor monitor)
            throws IOException {
        this.settings = settings;
        this.base = base;
        this.tokenizer = Tokenizer.load(base);
        int longest = TransformerConfig.load(base).maxPositions();
        this.conversations = Conversations.of(instructions, tokenizer, settings.heldOutShare(), longest);
        this.run = run;
        this.monitor = monitor;
        if (conversations.training().isEmpty()) {
            throw new IllegalArgumentException("no conversation to learn from: of " + instructions.size()
                    + " instructions " + conversations.heldOut().size() + " conversations are held out and "
                    + conversations.tooLong() + " are longer than the model's " + longest
                    + " tokens; add shorter ones or lower the held-out share");
        }
        if (conversations.tooLong() > 0) {
            LOG.atWarn()
                    .addKeyValue("runId", run.id())
                    .addKeyValue("conversations", conversations.tooLong())
                    .addKeyValue("longest", longest)
                    .log("Left out conversations that are longer than the model's positions");
        }
    }

    /**
     * Trains to the end or until asked to stop, from the run's newest checkpoint if it has one.
     *
     * @return empty if the loop was stopped; its state is stored then
     * @throws IllegalStateException if the loss is no longer a number
     */
    public Optional<Result> run() throws IOException {
        Optional<StoredCheckpoint> resume = run.newest();
        if (resume.isPresent() && resume.get().manifest().complete()) {
            StoredCheckpoint done = resume.get();
            return Optional.of(new Result(
                    done.reference(), done.manifest().step(), done.manifest().metrics()));
        }
        try (TunedModel model = resume.isPresent()
                ? TunedModel.resume(resume.get().folder(), base, tokenizer, settings)
                : TunedModel.start(base, tokenizer, settings)) {
            if (resume.isEmpty()) {
                save(0, false, Map.of(), model);
            }
            return train(resume.map(found -> found.manifest().step()).orElse(0L), model);
        }
    }

    private Optional<Result> train(long firstStep, TunedModel model) throws IOException {
        long batches = EpochOrder.batches(conversations.training().size(), settings.batchInstructions());
        long totalSteps = batches * settings.epochs();
        List<List<Conversation>> order = List.of();
        long savedStep = firstStep;
        long savedAt = System.nanoTime();
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (long step = firstStep; step < totalSteps; ) {
            if (monitor.stopRequested()) {
                if (savedStep < step) {
                    save(step, false, metrics, model);
                }
                return Optional.empty();
            }
            if (order.isEmpty() || step % batches == 0) {
                order = EpochOrder.of(
                        conversations.training(), settings.batchInstructions(), settings.seed(), step / batches);
            }
            long began = System.nanoTime();
            List<Conversation> batch = order.get((int) (step % batches));
            double learningRate = settings.learningRate(step, totalSteps);
            AdamW.Step taken = model.step(batch, learningRate);
            requireFinite(taken, step, learningRate);
            step++;

            metrics.clear();
            metrics.put("loss", taken.loss());
            metrics.put("gradientNorm", taken.gradientNorm());
            metrics.put("learningRate", learningRate);
            double seconds = (System.nanoTime() - began) / 1e9;
            if (!conversations.heldOut().isEmpty() && (step % settings.validateEvery() == 0 || step == totalSteps)) {
                metrics.putAll(validation(model));
            }
            monitor.progress(step, totalSteps, with(metrics, "tokensPerSecond", tokens(batch) / seconds));

            boolean byClock =
                    System.nanoTime() - savedAt >= settings.checkpointInterval().toNanos();
            if (step < totalSteps && (step % settings.checkpointEvery() == 0 || byClock)) {
                save(step, false, metrics, model);
                savedStep = step;
                savedAt = System.nanoTime();
            }
        }
        metrics.put("conversations", (double) conversations.trained());
        Reference checkpoint = save(totalSteps, true, metrics, model);
        return Optional.of(new Result(checkpoint, totalSteps, Map.copyOf(metrics)));
    }

    private Map<String, Double> validation(TunedModel model) {
        return model.measure(network ->
                        HeldOut.of(network, conversations.heldOut(), settings.batchInstructions(), tokenizer.pad()))
                .metrics();
    }

    private static long tokens(List<Conversation> batch) {
        return batch.stream().mapToLong(Conversation::length).sum();
    }

    /** The whole state, as a Hugging Face directory with the optimiser's moments beside. */
    private Reference save(long step, boolean complete, Map<String, Double> metrics, TunedModel model)
            throws IOException {
        long batches = EpochOrder.batches(conversations.training().size(), settings.batchInstructions());
        Map<String, Long> position = Map.of("epoch", step / batches, "nextBatch", step % batches);
        return run.save(step, complete, position, metrics, TorchRuntime.fingerprint(), model::write);
    }

    private static Map<String, Double> with(Map<String, Double> metrics, String name, double value) {
        Map<String, Double> more = new LinkedHashMap<>(metrics);
        more.put(name, value);
        return more;
    }

    private static void requireFinite(AdamW.Step taken, long step, double learningRate) {
        if (!Double.isFinite(taken.loss()) || !Double.isFinite(taken.gradientNorm())) {
            throw new IllegalStateException("step " + (step + 1) + " gave loss " + taken.loss() + " and gradient norm "
                    + taken.gradientNorm() + " at learning rate " + learningRate
                    + "; lower the learning rate or lengthen the warm-up");
        }
    }
}
