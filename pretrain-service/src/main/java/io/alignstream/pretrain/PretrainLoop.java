package io.alignstream.pretrain;

import io.alignstream.training.Learner;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.training.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.network.Sequences;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * Next-token training of a Llama-shaped transformer, from random weights or from where the run before this one was
 * before its learning rate decayed.
 *
 * <p>Cross-entropy on every token of packed sequences, AdamW with clipped gradients, a learning rate that warms up, stays
 * and decays ({@link Schedule}). A step that fails (no number, a spike, divergence) sends the run back to an earlier
 * checkpoint ({@link LossGuard}, {@link Recovery}); validations that get worse end it, and the best model is published.
 * Left out: several devices, masking between the documents of one sequence.
 *
 * <p>All state is in the checkpoint ({@link PretrainState}), decisions too, so a run that goes on from one ends with the
 * same weights as one that was never interrupted. For one thread.
 */
public final class PretrainLoop {

    /** Metric of a finished model: training sequences of its dataset. */
    static final String TRAINING_SEQUENCES = "trainingSequences";

    private static final String VALIDATION = "validationBitsPerByte";
    private static final int FREQUENCY_SAMPLE = 256;
    private static final long LEARNED_BY = 100;

    private final PretrainSettings settings;
    private final Tokenizer tokenizer;
    private final SequenceSource training;
    private final Validation validation;
    private final Optional<StoredCheckpoint> previous;
    private final TrainingRun run;
    private final Monitor monitor;
    private final Schedule.Run schedule;
    private final LossGuard.Limits limits;

    /** Watches the loop and can stop it. */
    public interface Monitor {

        /** Whether to write a checkpoint and return before the next step. */
        default boolean stopRequested() {
            return false;
        }

        /**
         * Reports a finished step.
         *
         * @param metrics loss, gradientNorm, learningRate, recoveries, tokensPerSecond; after a validation
         *     validationBitsPerByte, trainingBitsPerByte (mean since the last one) and generalisationGap, their difference
         */
        void progress(long step, long totalSteps, Map<String, Double> metrics);

        /** Tells what was done about a failure. */
        default void healed(HealingEvent event) {}
    }

    /** The finished model: its checkpoint, the steps and the figures of the last one. */
    public record Result(Reference checkpoint, long step, Map<String, Double> metrics) {}

    /**
     * A loop on frozen inputs.
     *
     * @param training at least one sequence; of a run that continues: what the run before it was trained on, and more
     * @param validation sequences to measure on, may be empty; the first {@code holdout.sequences()} are used
     * @param previous finished checkpoint of the run that this one continues
     * @param run where checkpoints go and where the loop resumes
     */
    public PretrainLoop(
            PretrainSettings settings,
            Tokenizer tokenizer,
            SequenceSource training,
            List<int[]> validation,
            Optional<StoredCheckpoint> previous,
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
                List.copyOf(validation.subList(
                        0, Math.min(validation.size(), settings.holdout().sequences()))),
                tokenizer,
                settings.batches().sequences());
        this.previous = previous;
        this.run = run;
        this.monitor = monitor;
        int batch = settings.batches().sequences();
        this.schedule = previous.map(trunk -> settings.schedule().continued(unread(trunk), batch))
                .orElseGet(() -> settings.schedule().first(training.size(), batch));
        long learnedBy = previous.isPresent() ? 0 : Math.max(LEARNED_BY, schedule.total() / 4);
        this.limits = new LossGuard.Limits(
                tokenizer.vocabularySize(),
                tokenEntropy(),
                learnedBy,
                settings.healing().spikeFactor());
    }

    /**
     * Trains to the end or until asked to stop, from the run's newest checkpoint if it has one.
     *
     * @return empty if the loop was stopped; its state is stored then
     * @throws TrainingFailedException if training failed and did not heal
     * @throws IllegalStateException if the data is not what the run was started on
     */
    public Optional<Result> run() throws IOException {
        Optional<StoredCheckpoint> resume = run.newest();
        if (resume.isPresent() && resume.get().manifest().complete()) {
            StoredCheckpoint done = resume.get();
            return Optional.of(new Result(
                    done.reference(), done.manifest().step(), done.manifest().metrics()));
        }
        PretrainState state = resume.isPresent() ? resumed(resume.get()) : begun();
        try {
            while (true) {
                Attempt attempt = train(state);
                if (attempt.failure().isEmpty()) {
                    return attempt.result();
                }
                Recovery.Decision decision = decide(state, attempt.failure().get());
                Journal journal = state.journal();
                state.close();
                state = goBack(decision.place(), journal);
                state.journal(state.journal().recovered(decision.recovery()));
            }
        } finally {
            state.close();
        }
    }

    /** How a stretch of training ended; both are empty if it was stopped. */
    private record Attempt(Optional<Result> result, Optional<Failure> failure) {}

    private record Failure(LossGuard.Trouble trouble, long window) {}

    private PretrainState begun() throws IOException {
        PretrainState state = previous.isPresent()
                ? PretrainState.trunkOf(previous.get(), settings, tokenizer, training)
                : PretrainState.random(settings, tokenizer, training);
        state.save(run, true);
        return state;
    }

    private PretrainState resumed(StoredCheckpoint checkpoint) throws IOException {
        return PretrainState.resume(checkpoint, settings, tokenizer, training);
    }

    private Attempt train(PretrainState state) throws IOException {
        long savedStep = state.step();
        long savedAt = System.nanoTime();
        Map<String, Double> metrics = state.metrics();
        while (state.step() < schedule.total() && !overfits(state.journal().best())) {
            if (monitor.stopRequested()) {
                if (savedStep < state.step()) {
                    state.save(run, false);
                }
                return new Attempt(Optional.empty(), Optional.empty());
            }
            long began = System.nanoTime();
            Sequences batch = state.take(training.size());
            long window = state.place(training.size()) - settings.batches().sequences();
            double learningRate = learningRate(state);
            Learner.Step<Double> taken = state.train(batch, learningRate);
            long step = state.step();
            Optional<LossGuard.Trouble> trouble = state.journal().guard().trouble(taken, step, limits);
            if (trouble.isPresent()) {
                return new Attempt(Optional.empty(), Optional.of(new Failure(trouble.get(), window)));
            }
            state.journal(state.journal()
                    .with(state.journal().guard().after(taken.loss()))
                    .withText(
                            state.journal().trainedNats() + taken.loss() * batch.targetCount(),
                            state.journal().trainedBytes() + Validation.bytes(batch, tokenizer)));
            if (step == schedule.branch()) {
                state.branchOff();
            }

            metrics.clear();
            metrics.put("loss", taken.loss());
            metrics.put("gradientNorm", taken.gradientNorm());
            metrics.put("learningRate", learningRate);
            metrics.put(
                    "recoveries", (double) state.journal().recovery().events().size());
            double seconds = (System.nanoTime() - began) / 1e9;
            if (step % settings.holdout().every() == 0 || step == schedule.total()) {
                validate(state, metrics);
            }
            monitor.progress(step, schedule.total(), with(metrics, "tokensPerSecond", batch.ids().length / seconds));

            boolean byPlan = step % settings.saving().every() == 0;
            boolean byClock =
                    System.nanoTime() - savedAt >= settings.saving().interval().toNanos();
            if (step < schedule.total() && (byPlan || byClock)) {
                state.save(run, byPlan);
                savedStep = step;
                savedAt = System.nanoTime();
            }
        }
        return new Attempt(Optional.of(finish(state)), Optional.empty());
    }

    private double learningRate(PretrainState state) {
        double peak =
                settings.schedule().learningRate() * state.journal().recovery().learningRateScale();
        return schedule.learningRate(state.step(), peak, settings.schedule().finalShare());
    }

    /** Measures on the held-out documents and compares with the text trained on since the last time. */
    private void validate(PretrainState state, Map<String, Double> metrics) {
        OptionalDouble measured = validation.bitsPerByte(state.model());
        if (measured.isEmpty()) {
            return;
        }
        double bits = measured.getAsDouble();
        metrics.put(VALIDATION, bits);
        Journal journal = state.journal();
        if (journal.trainedBytes() > 0) {
            double trained = journal.trainedNats() / Math.log(2) / journal.trainedBytes();
            metrics.put("trainingBitsPerByte", trained);
            metrics.put("generalisationGap", bits - trained);
        }
        if (settings.holdout().patience() > 0 && journal.best().isBeatenBy(bits)) {
            state.keepAsBest();
        }
        state.journal(journal.with(journal.best().after(state.step(), bits)).withText(0, 0));
    }

    private boolean overfits(BestModel best) {
        int patience = settings.holdout().patience();
        return patience > 0 && best.worse() >= patience;
    }

    private Recovery.Decision decide(PretrainState state, Failure failure) {
        Journal journal = state.journal();
        Recovery.Decision decision = journal.recovery()
                .decide(
                        settings.healing(),
                        failure.trouble(),
                        state.step(),
                        failure.window(),
                        settings.batches().sequences(),
                        settings.saving().every(),
                        journal.anchorSteps());
        monitor.healed(decision.recovery().events().getLast());
        return decision;
    }

    /** The state at a place from before the failure; what was stored after it is deleted. */
    private PretrainState goBack(Recovery.Place place, Journal journal) throws IOException {
        return switch (place) {
            case START -> {
                run.discard();
                yield begun();
            }
            case ANCHOR_BEFORE -> resumed(run.rewind(journal.anchors().getFirst()));
            case LAST_ANCHOR -> resumed(run.rewind(journal.anchors().getLast()));
        };
    }

    private Result finish(PretrainState state) throws IOException {
        Map<String, Double> metrics = state.metrics();
        BestModel best = state.journal().best();
        boolean bestModel = settings.holdout().patience() > 0 && best.step() > 0 && best.step() < state.step();
        if (bestModel) {
            metrics.put(VALIDATION, best.bitsPerByte());
            metrics.put("bestStep", (double) best.step());
        }
        metrics.put("recoveries", (double) state.journal().recovery().events().size());
        metrics.put(TRAINING_SEQUENCES, (double) training.size());
        metrics.put(
                "trainedTokens", (double) state.step() * settings.batches().sequences() * training.sequenceLength());
        Reference checkpoint = state.finish(run, bestModel);
        return new Result(checkpoint, state.step(), Map.copyOf(metrics));
    }

    /** Sequences between the place where the trunk stopped reading and the end of the data. */
    private long unread(StoredCheckpoint trunk) {
        long read = trunk.manifest().position().getOrDefault("trunkNextSequence", 0L);
        if (read >= training.size()) {
            throw new IllegalStateException(
                    "the run continues " + trunk.reference().uri() + ", which has read " + read + " sequences, on "
                            + training.size() + "; some of the data is gone: start a new run");
        }
        return training.size() - read;
    }

    /** Entropy of single tokens in a sample of the data, in nats. */
    private double tokenEntropy() {
        long[] counts = new long[tokenizer.vocabularySize()];
        try (Stream<int[]> sample = training.open(0).limit(FREQUENCY_SAMPLE)) {
            sample.forEach(sequence -> {
                for (int token : sequence) {
                    counts[token]++;
                }
            });
        }
        double total = 0;
        for (long count : counts) {
            total += count;
        }
        double entropy = 0;
        for (long count : counts) {
            entropy -= count == 0 ? 0 : count / total * Math.log(count / total);
        }
        return entropy;
    }

    private static Map<String, Double> with(Map<String, Double> metrics, String name, double value) {
        Map<String, Double> more = new LinkedHashMap<>(metrics);
        more.put(name, value);
        return more;
    }
}
