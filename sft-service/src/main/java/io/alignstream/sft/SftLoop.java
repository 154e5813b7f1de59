package io.alignstream.sft;

import io.alignstream.training.Learner;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.training.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.languagemodel.network.TransformerConfig;
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
 * decay. All weights are tuned, or low-rank adapters of a base model that stays as it is. A run that diverges starts
 * again from the base model with a lower learning rate, {@value #RECOVERIES} times at most. Left out: mixing in
 * pretraining data.
 *
 * <p>All state is in the checkpoint, so a run that goes on from one ends with the same weights as one that was never
 * interrupted. For one thread.
 */
public final class SftLoop {

    private static final Logger LOG = LoggerFactory.getLogger(SftLoop.class);

    private static final int RECOVERIES = 3;
    private static final double RECOVERY_FACTOR = 0.3;
    /** Of a loss, times this and half a nat more is divergence. */
    private static final double DIVERGED = 1.5;

    private static final double SLACK = 0.5;

    /** Key of a checkpoint's position: how often the run has started again. */
    private static final String STARTED_AGAIN = "recoveries";

    private static final String VALIDATION = "validationLoss";
    /** Metric: the base model's loss on the held-out conversations. */
    private static final String BASE_VALIDATION = "baseValidationLoss";

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
     * @throws IllegalStateException if training diverges and no lower learning rate helps
     */
    public Optional<Result> run() throws IOException {
        Optional<StoredCheckpoint> resume = run.newest();
        if (resume.isPresent() && resume.get().manifest().complete()) {
            StoredCheckpoint done = resume.get();
            return Optional.of(new Result(
                    done.reference(), done.manifest().step(), done.manifest().metrics()));
        }
        long recoveries = resume.map(found -> found.manifest().position().getOrDefault(STARTED_AGAIN, 0L))
                .orElse(0L);
        Attempt attempt = attempt(resume, recoveries);
        while (attempt.trouble().isPresent()) {
            String trouble = attempt.trouble().get();
            if (recoveries == RECOVERIES) {
                throw new IllegalStateException(trouble + "; the run started again " + RECOVERIES
                        + " times with a lower learning rate without success; lower the learning rate, lengthen the"
                        + " warm-up or look at the base model and the instructions");
            }
            recoveries++;
            LOG.atWarn()
                    .addKeyValue("runId", run.id())
                    .addKeyValue("trouble", trouble)
                    .addKeyValue("learningRateScale", scale(recoveries))
                    .log("Starts again from the base model with a lower learning rate");
            run.discard();
            attempt = attempt(Optional.empty(), recoveries);
        }
        return attempt.result();
    }

    /** How a stretch of training ended; both are empty if it was stopped. */
    private record Attempt(Optional<Result> result, Optional<String> trouble) {

        static final Attempt STOPPED = new Attempt(Optional.empty(), Optional.empty());
    }

    /**
     * What an attempt never changes.
     *
     * @param recoveries how often the run has started again before
     * @param figures the base model's, to be compared with
     */
    private record Beginning(long recoveries, Map<String, Double> figures) {}

    private Attempt attempt(Optional<StoredCheckpoint> resume, long recoveries) throws IOException {
        try (TunedModel model = resume.isPresent()
                ? TunedModel.resume(resume.get().folder(), base, tokenizer, settings)
                : TunedModel.start(base, tokenizer, settings)) {
            if (resume.isPresent()) {
                Manifest manifest = resume.get().manifest();
                Map<String, Double> figures = new LinkedHashMap<>(manifest.metrics());
                figures.keySet().retainAll(List.of(BASE_VALIDATION));
                return train(manifest.step(), new Beginning(recoveries, figures), model);
            }
            Map<String, Double> figures = new LinkedHashMap<>();
            double loss = conversations.heldOut().isEmpty()
                    ? Double.NaN
                    : validation(model).loss();
            if (Double.isFinite(loss)) {
                figures.put(BASE_VALIDATION, loss);
            }
            Beginning beginning = new Beginning(recoveries, figures);
            save(0, false, Map.of(), model, beginning);
            return train(0, beginning, model);
        }
    }

    private static double scale(long recoveries) {
        return Math.pow(RECOVERY_FACTOR, recoveries);
    }

    private Attempt train(long firstStep, Beginning beginning, TunedModel model) throws IOException {
        long batches = EpochOrder.batches(conversations.training().size(), settings.batchInstructions());
        long totalSteps = batches * settings.epochs();
        List<List<Conversation>> order = List.of();
        long savedStep = firstStep;
        long savedAt = System.nanoTime();
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (long step = firstStep; step < totalSteps; ) {
            if (monitor.stopRequested()) {
                if (savedStep < step) {
                    save(step, false, metrics, model, beginning);
                }
                return Attempt.STOPPED;
            }
            if (order.isEmpty() || step % batches == 0) {
                order = EpochOrder.of(
                        conversations.training(), settings.batchInstructions(), settings.seed(), step / batches);
            }
            long began = System.nanoTime();
            List<Conversation> batch = order.get((int) (step % batches));
            double learningRate = settings.learningRate(step, totalSteps) * scale(beginning.recoveries());
            Learner.Step<Double> taken = model.step(batch, learningRate);
            step++;

            metrics.clear();
            metrics.put("loss", taken.loss());
            metrics.put("gradientNorm", taken.gradientNorm());
            metrics.put("learningRate", learningRate);
            double seconds = (System.nanoTime() - began) / 1e9;
            if (!conversations.heldOut().isEmpty() && (step % settings.validateEvery() == 0 || step == totalSteps)) {
                metrics.putAll(validation(model).metrics());
            }
            Optional<String> trouble = trouble(taken, metrics, beginning);
            if (trouble.isPresent()) {
                String where = "step " + step + " at learning rate " + learningRate + " gave ";
                return new Attempt(Optional.empty(), Optional.of(where + trouble.get()));
            }
            monitor.progress(step, totalSteps, with(metrics, Map.of("tokensPerSecond", tokens(batch) / seconds)));

            boolean byClock =
                    System.nanoTime() - savedAt >= settings.checkpointInterval().toNanos();
            if (step < totalSteps && (step % settings.checkpointEvery() == 0 || byClock)) {
                save(step, false, metrics, model, beginning);
                savedStep = step;
                savedAt = System.nanoTime();
            }
        }
        metrics.put("conversations", (double) conversations.trained());
        if (beginning.recoveries() > 0) {
            metrics.put("recoveries", (double) beginning.recoveries());
        }
        Reference checkpoint = save(totalSteps, true, metrics, model, beginning);
        return new Attempt(
                Optional.of(new Result(checkpoint, totalSteps, Map.copyOf(with(metrics, beginning.figures())))),
                Optional.empty());
    }

    private HeldOut validation(TunedModel model) {
        return model.measure(
                network -> HeldOut.of(network, conversations.heldOut(), settings.batchInstructions(), tokenizer.pad()));
    }

    /** What is wrong with a step; spikes are not, as batches hold other kinds of conversations each. */
    private Optional<String> trouble(Learner.Step<Double> taken, Map<String, Double> metrics, Beginning beginning) {
        double nothing = Math.log(tokenizer.vocabularySize());
        double before = beginning.figures().getOrDefault(BASE_VALIDATION, nothing);
        double most = DIVERGED * Math.max(nothing, before) + SLACK;
        if (!(taken.loss() <= most) || !Double.isFinite(taken.gradientNorm())) {
            return Optional.of("loss " + taken.loss() + " and gradient norm " + taken.gradientNorm());
        }
        double validation = metrics.getOrDefault(VALIDATION, 0.0);
        return validation <= DIVERGED * before + SLACK
                ? Optional.empty()
                : Optional.of("loss " + validation + " on held-out conversations where the base model has " + before);
    }

    private static long tokens(List<Conversation> batch) {
        return batch.stream().mapToLong(Conversation::length).sum();
    }

    /** The whole state, as a Hugging Face directory with the optimiser's moments beside. */
    private Reference save(
            long step, boolean complete, Map<String, Double> metrics, TunedModel model, Beginning beginning)
            throws IOException {
        long batches = EpochOrder.batches(conversations.training().size(), settings.batchInstructions());
        Map<String, Long> position = new LinkedHashMap<>(Map.of("epoch", step / batches, "nextBatch", step % batches));
        if (beginning.recoveries() > 0) {
            position.put(STARTED_AGAIN, beginning.recoveries());
        }
        return run.save(
                step, complete, position, with(metrics, beginning.figures()), TorchRuntime.fingerprint(), model::write);
    }

    private static Map<String, Double> with(Map<String, Double> metrics, Map<String, Double> others) {
        Map<String, Double> more = new LinkedHashMap<>(metrics);
        more.putAll(others);
        return more;
    }
}
