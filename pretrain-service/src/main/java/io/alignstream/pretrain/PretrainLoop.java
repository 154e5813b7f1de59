package io.alignstream.pretrain;

import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.Sequences;
import io.alignstream.languagemodel.transformer.TorchRuntime;
import io.alignstream.languagemodel.transformer.Transformer;
import io.alignstream.languagemodel.transformer.TransformerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Next-token training of a Llama-shaped transformer from random weights.
 *
 * <p>Cross-entropy on every token of packed sequences, AdamW with clipped gradients, a learning rate that warms up, stays
 * and decays. Left out: several devices, gradient accumulation, masking between the documents of one sequence.
 *
 * <p>All state is in the checkpoint, so a run that goes on from one ends with the same weights as one that was never
 * interrupted. For one thread.
 */
public final class PretrainLoop {

    /** Metric of a finished model: training sequences of its dataset. */
    static final String TRAINING_SEQUENCES = "trainingSequences";

    private static final String STATE_FILE = "training-state.safetensors";
    private static final String OPTIMISER = "optimiser";

    private final PretrainSettings settings;
    private final Tokenizer tokenizer;
    private final SequenceSource training;
    private final Validation validation;
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
         * @param metrics loss, gradientNorm, learningRate, tokensPerSecond, at times validationBitsPerByte
         */
        void progress(long step, long totalSteps, Map<String, Double> metrics);
    }

    /** The finished model: its checkpoint, the steps and the figures of the last one. */
    public record Result(Reference checkpoint, long step, Map<String, Double> metrics) {}

    /**
     * A loop on frozen inputs.
     *
     * @param training at least one sequence
     * @param validation sequences to measure on, may be empty; the first {@code settings.validationSequences()} are used
     * @param run where checkpoints go and where the loop resumes
     */
    public PretrainLoop(
            PretrainSettings settings,
            Tokenizer tokenizer,
            SequenceSource training,
            List<int[]> validation,
            TrainingRun run,
            Monitor monitor) {
        if (training.size() < 1 || training.sequenceLength() < 2) {
            throw new IllegalArgumentException(training.size() + " training sequences of " + training.sequenceLength()
                    + " tokens; at least one of two tokens is needed");
        }
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.training = training;
        this.validation = new Validation(
                List.copyOf(validation.subList(0, Math.min(validation.size(), settings.validationSequences()))),
                tokenizer,
                settings.batchSequences());
        this.run = run;
        this.monitor = monitor;
    }

    /**
     * Trains to the end or until asked to stop, from the run's newest checkpoint if it has one.
     *
     * @return empty if the loop was stopped; its state is stored then
     * @throws IllegalStateException if the loss is no longer a number or the data is not what the run was started on
     */
    public Optional<Result> run() throws IOException {
        Optional<StoredCheckpoint> resume = run.newest();
        if (resume.isPresent() && resume.get().manifest().complete()) {
            StoredCheckpoint done = resume.get();
            return Optional.of(new Result(
                    done.reference(), done.manifest().step(), done.manifest().metrics()));
        }
        try (Transformer model = resume.isPresent()
                        ? Transformer.load(resume.get().folder())
                        : Transformer.initialise(networkConfig(), settings.seed());
                AdamW optimiser = new AdamW(model, optimiserSettings());
                ShuffledSequences sequences = sequences(resume)) {
            long step = 0;
            if (resume.isPresent()) {
                step = resume.get().manifest().step();
                optimiser.restore(
                        OPTIMISER, Safetensors.read(resume.get().folder().resolve(STATE_FILE)));
            } else {
                save(0, false, Map.of(), model, optimiser, sequences);
            }
            return train(step, model, optimiser, sequences);
        }
    }

    private Optional<Result> train(long firstStep, Transformer model, AdamW optimiser, ShuffledSequences sequences)
            throws IOException {
        long totalSteps = settings.totalSteps(training.size());
        long savedStep = firstStep;
        long savedAt = System.nanoTime();
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (long step = firstStep; step < totalSteps; ) {
            if (monitor.stopRequested()) {
                if (savedStep < step) {
                    save(step, false, metrics, model, optimiser, sequences);
                }
                return Optional.empty();
            }
            long began = System.nanoTime();
            Sequences batch = Sequences.packed(sequences.take(settings.batchSequences()), tokenizer.pad());
            double learningRate = settings.learningRate(step, totalSteps);
            AdamW.Step taken = optimiser.languageModelStep(batch, learningRate);
            requireFinite(taken, step, learningRate);
            step++;

            metrics.clear();
            metrics.put("loss", taken.loss());
            metrics.put("gradientNorm", taken.gradientNorm());
            metrics.put("learningRate", learningRate);
            double seconds = (System.nanoTime() - began) / 1e9;
            if (step % settings.validateEvery() == 0 || step == totalSteps) {
                validation.bitsPerByte(model).ifPresent(bits -> metrics.put("validationBitsPerByte", bits));
            }
            monitor.progress(step, totalSteps, with(metrics, "tokensPerSecond", batch.ids().length / seconds));

            boolean byClock =
                    System.nanoTime() - savedAt >= settings.checkpointInterval().toNanos();
            if (step < totalSteps && (step % settings.checkpointEvery() == 0 || byClock)) {
                save(step, false, metrics, model, optimiser, sequences);
                savedStep = step;
                savedAt = System.nanoTime();
            }
        }
        metrics.put(TRAINING_SEQUENCES, (double) training.size());
        metrics.put("trainedTokens", (double) totalSteps * settings.batchSequences() * training.sequenceLength());
        Reference checkpoint = save(totalSteps, true, metrics, model, optimiser, sequences);
        return Optional.of(new Result(checkpoint, totalSteps, Map.copyOf(metrics)));
    }

    private TransformerConfig networkConfig() {
        return TransformerConfig.of(
                tokenizer.vocabularySize(), settings.layers(), settings.width(), training.sequenceLength());
    }

    private AdamW.Settings optimiserSettings() {
        AdamW.Settings usual = AdamW.Settings.PRETRAINING;
        return new AdamW.Settings(
                usual.beta1(), usual.beta2(), usual.epsilon(), settings.weightDecay(), usual.maxNorm());
    }

    private ShuffledSequences sequences(Optional<StoredCheckpoint> resume) {
        Map<String, Long> position =
                resume.map(checkpoint -> checkpoint.manifest().position()).orElse(Map.of());
        return new ShuffledSequences(
                training,
                settings.shuffleWindow(),
                settings.seed(),
                position.getOrDefault("epoch", 0L),
                position.getOrDefault("nextSequence", 0L));
    }

    /** The whole state, as a Hugging Face directory with the optimiser's moments beside. */
    private Reference save(
            long step,
            boolean complete,
            Map<String, Double> metrics,
            Transformer model,
            AdamW optimiser,
            ShuffledSequences sequences)
            throws IOException {
        Map<String, Long> position = Map.of("epoch", sequences.epoch(), "nextSequence", sequences.nextSequence());
        return run.save(step, complete, position, metrics, TorchRuntime.fingerprint(), folder -> {
            writeModel(folder, model);
            Safetensors.write(folder.resolve(STATE_FILE), optimiser.state(OPTIMISER), Map.of());
        });
    }

    private void writeModel(Path folder, Transformer model) throws IOException {
        int[] ends = {tokenizer.endOfDocument(), tokenizer.endOfTurn()};
        model.config().save(folder, ends, tokenizer.pad());
        tokenizer.save(folder);
        Safetensors.write(folder.resolve("model.safetensors"), model.tensors(), Map.of("format", "pt"));
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
