package io.alignstream.pretrain;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.PeakRate;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.pretrain.data.MaskedValidation;
import io.alignstream.pretrain.data.Masking;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.pretrain.data.TokenFrequencies;
import io.alignstream.pretrain.data.Validation;
import io.alignstream.training.BestModel;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.Trouble;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.samples.SampleWriter;
import io.alignstream.training.workers.ShardSum;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Next-token or masked training of a Llama-shaped transformer, from random weights or from where the run before this one was
 * before its learning rate decayed.
 *
 * <p>Cross-entropy on every token of packed sequences, or on those that {@link io.alignstream.pretrain.data.Masking} hides, AdamW with clipped gradients, a learning rate that warms up, stays
 * and decays ({@link Schedule}). A step that fails (no number, a spike, divergence) is noticed by a {@link LossGuard};
 * models are judged by bits per byte of held-out documents, masked ones by bits per hidden token. Left out: masking between the documents of one sequence.
 *
 * <p>For one thread.
 */
public final class PretrainLoop implements TrainingLoop {

    /** Metric of a finished model: training sequences of its dataset. */
    static final String TRAINING_SEQUENCES = "trainingSequences";

    private static final String VALIDATION = "validationBitsPerByte";
    private static final String MASKED_VALIDATION = "validationBitsPerMaskedToken";
    private static final long LEARNED_BY = 100;
    /** Sequences in which documents to continue are looked for where none is held out. */
    private static final int SAMPLED = 8;

    private final PretrainSettings settings;
    private final Tokenizer tokenizer;
    private final SequenceSource training;
    private final Validation validation;
    /** In place of the other where blanks are to be filled; null elsewhere. */
    private final @Nullable MaskedValidation maskedValidation;
    /** What who always says the most frequent token finds of what is held out. */
    private final double unigramAccuracy;

    private final Schedule.Run schedule;
    private final LossGuard.Limits limits;
    private final Recovery recovery;
    private final PretrainState state;
    private final double flopsPerToken;
    private final double peak;
    private Notes notes;

    /**
     * What the next step depends on besides weights, moments and the place in the data.
     *
     * @param guard the recent losses
     * @param trainedNats loss of the training text since the last validation
     * @param trainedBytes size of the training text since the last validation
     */
    record Notes(LossGuard guard, double trainedNats, long trainedBytes) {
        static final Notes NEW = new Notes(LossGuard.NEW, 0, 0);
    }

    /**
     * The frozen inputs of a run.
     *
     * @param tokenizer with a mask where the model learns to fill blanks
     * @param training at least one sequence; of a run that continues: what the run before it was trained on, and more
     * @param validation sequences to measure on, may be empty; the first {@code holdout.sequences()} are used
     * @param previous finished checkpoint of the run that this one continues
     * @param workers who trains it; stay the caller's
     */
    public record Inputs(
            PretrainSettings settings,
            Tokenizer tokenizer,
            SequenceSource training,
            List<int[]> validation,
            Optional<StoredCheckpoint> previous,
            Workers workers)
            implements TrainingLoop.Inputs {

        /** Of a run on which nobody else works. */
        public Inputs(
                PretrainSettings settings,
                Tokenizer tokenizer,
                SequenceSource training,
                List<int[]> validation,
                Optional<StoredCheckpoint> previous) {
            this(
                    settings,
                    tokenizer,
                    training,
                    validation,
                    previous,
                    Workers.alone(settings.batches().shards()));
        }

        /** The same with {@code workers}. */
        Inputs with(Workers others) {
            return new Inputs(settings, tokenizer, training, validation, previous, others);
        }

        public Inputs {
            if (training.size() < 1 || training.sequenceLength() < 2) {
                throw new InvalidInputException(Reason.of("pretrain.tooFewSequences")
                        .with("sequences", training.size())
                        .with("length", training.sequenceLength()));
            }
        }

        /** What the run will need of memory, from the shape of its network and its settings alone. */
        MemoryPlan memory() {
            TransformerConfig config = PretrainState.shape(settings, tokenizer, training);
            Footprint network = Footprint.of(config);
            Precision precision = settings.optimiser().precision();
            int batch = settings.batches().sequences() * training.sequenceLength();
            int positions = Math.max(
                    training.sequenceLength(),
                    Math.min(settings.batches().memory().positions(config, precision), batch));
            long all = network.weights();
            return MemoryPlan.of(Map.of(
                    MemoryPlan.Part.WEIGHTS,
                    all,
                    MemoryPlan.Part.PREPARED,
                    // for its products, or, between two steps, to write with
                    Math.max(network.prepared(precision), network.prepared(Precision.FLOAT32)),
                    MemoryPlan.Part.GRADIENTS,
                    gradients(all, positions < batch),
                    MemoryPlan.Part.MOMENTS,
                    moments(all),
                    MemoryPlan.Part.ACTIVATIONS,
                    settings.batches().memory().kept(config, precision, positions),
                    MemoryPlan.Part.WORKSPACE,
                    network.workspace(positions),
                    // the trunk with its moments, and the best model
                    MemoryPlan.Part.BEST,
                    all + moments(all) + (settings.training().patience() > 0 ? all : 0)));
        }

        /** First and second, and the outer momentum. */
        private long moments(long all) {
            return (settings.batches().localSgd().isPresent() ? 3 : 2) * all;
        }

        /**
         * One set that is added to and one that is added, and with shards as many as their tree needs. What replicas come to is
         * weights and moments, three times as much, and so is the beginning of a round.
         */
        private long gradients(long all, boolean parts) {
            int shards = settings.batches().shards();
            long step = (parts ? 2 : 1) * all;
            if (settings.batches().localSgd().isPresent()) {
                return step + 3L * (ShardSum.mostSets(shards) + 1) * all;
            }
            return shards > 1 ? ShardSum.mostSets(shards) * all : step;
        }

        @Override
        public Optional<SampleWriter> sampleWriter(SampleSettings wanted) {
            if (settings.masked()) {
                return Optional.empty(); // it cannot write
            }
            Stream<int[]> documents = validation.isEmpty() ? training.open(0).limit(SAMPLED) : validation.stream();
            return SampleWriter.ofDocuments(wanted, tokenizer, documents, training.sequenceLength());
        }

        @Override
        public PretrainLoop begin(Recovery recovery) throws IOException {
            PretrainState state = previous.isPresent()
                    ? PretrainState.trunkOf(StoredState.of(previous.get()), settings, tokenizer, training, workers)
                    : PretrainState.random(settings, tokenizer, training, workers);
            return loop(recovery, state, Notes.NEW);
        }

        @Override
        public PretrainLoop resume(StoredState stored, Recovery recovery) throws IOException {
            Notes notes = stored.notes(Notes.class);
            return loop(recovery, PretrainState.resume(stored, settings, tokenizer, training, workers), notes);
        }

        private PretrainLoop loop(Recovery recovery, PretrainState state, Notes notes) {
            try {
                return new PretrainLoop(this, recovery, state, notes);
            } catch (RuntimeException e) {
                state.close();
                throw e;
            }
        }
    }

    private PretrainLoop(Inputs inputs, Recovery recovery, PretrainState state, Notes notes) {
        this.settings = inputs.settings();
        this.tokenizer = inputs.tokenizer();
        this.training = inputs.training();
        this.recovery = recovery;
        this.state = state;
        this.notes = notes;
        this.flopsPerToken =
                Footprint.of(state.model().config()).trainingFlopsPerToken(inputs.training.sequenceLength());
        this.peak = PeakRate.flopsPerSecond(settings.optimiser().precision());
        int batch = settings.batches().sequences();
        List<int[]> heldOut = List.copyOf(inputs.validation()
                .subList(
                        0,
                        Math.min(inputs.validation().size(), settings.holdout().sequences())));
        this.validation = new Validation(heldOut, tokenizer, batch);
        this.maskedValidation = settings.masked()
                ? new MaskedValidation(heldOut, new Masking(tokenizer, settings.seed()), batch)
                : null;
        TokenFrequencies frequencies = TokenFrequencies.of(training, tokenizer);
        this.unigramAccuracy = maskedValidation == null ? 0 : maskedValidation.share(frequencies.mostFrequent());
        this.schedule = inputs.previous()
                .map(trunk -> settings.schedule().continued(unread(trunk), batch))
                .orElseGet(() -> settings.schedule().first(training.size(), batch));
        long learnedBy =
                inputs.previous().isPresent() ? 0 : Math.max(LEARNED_BY, (long) (learnedBy() * schedule.total()));
        this.limits = new LossGuard.Limits(
                tokenizer.vocabularySize(), frequencies.entropy(), learnedBy, settings.spikeFactor());
    }

    /**
     * Share of a first run by which more than frequencies is learned: who looks for hidden tokens has a seventh of the targets,
     * and stays with frequencies for long before it finds anything.
     */
    private double learnedBy() {
        return settings.masked() ? 0.75 : 0.25;
    }

    @Override
    public long done() {
        return state.step();
    }

    @Override
    public long total() {
        return schedule.total();
    }

    /** Takes one step, or by local SGD those of a round, of which figures tell means. */
    @Override
    public Step step() {
        long before = state.step();
        long until = settings.batches()
                .localSgd()
                .map(rounds -> rounds.end(before, schedule))
                .orElse(before + 1);
        List<PretrainState.Batch> batches = state.take(until - before, training.size(), recovery.skipped());
        double[] learningRates = LongStream.range(before, until)
                .mapToDouble(step -> schedule.learningRate(
                        step,
                        settings.schedule().learningRate() * recovery.learningRateScale(),
                        settings.schedule().finalShare()))
                .toArray();
        List<Learner.Step<Double>> taken = state.train(batches, learningRates);
        Optional<Trouble> trouble = Optional.empty();
        int size = settings.batches().sequences();
        for (int i = 0; i < taken.size() && trouble.isEmpty(); i++) {
            Sequences rows = batches.get(i).rows();
            double loss = taken.get(i).loss();
            Trouble.Window window = new Trouble.Window(batches.get(i).end() - size, size);
            trouble = notes.guard().trouble(taken.get(i), window, before + i + 1, limits);
            if (trouble.isEmpty()) {
                notes = new Notes(
                        notes.guard().after(loss),
                        notes.trainedNats() + loss * rows.targetCount(),
                        notes.trainedBytes() + Validation.bytes(rows, tokenizer));
            }
        }
        if (trouble.isEmpty() && until == schedule.branch()) {
            state.branchOff();
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put("loss", mean(taken, Learner.Step::loss));
        figures.put("gradientNorm", mean(taken, Learner.Step::gradientNorm));
        figures.put("learningRate", learningRates[learningRates.length - 1]);
        figures.put("recoveries", (double) recovery.count());
        long tokens =
                batches.stream().mapToLong(batch -> batch.rows().ids().length).sum();
        Work work = new Work(tokens * flopsPerToken, peak);
        return new Step(figures, new Speed("tokensPerSecond", tokens, Optional.of(work)), trouble);
    }

    private static double mean(List<Learner.Step<Double>> steps, ToDoubleFunction<Learner.Step<Double>> figure) {
        return steps.stream().mapToDouble(figure).sum() / steps.size();
    }

    /** Measures on the held-out documents and compares with the text trained on since the last time. */
    @Override
    public Evaluation evaluate() {
        if (done() % settings.holdout().every() != 0 && done() != total()) {
            return Evaluation.NONE;
        }
        return maskedValidation == null ? predicted() : found(maskedValidation);
    }

    /** How well hidden tokens of the held-out documents are found. */
    private Evaluation found(MaskedValidation hidden) {
        Optional<MaskedValidation.Found> found = hidden.of(state.model());
        if (found.isEmpty()) {
            return Evaluation.NONE;
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put(MASKED_VALIDATION, found.get().bits());
        figures.put("validationMaskedAccuracy", found.get().accuracy());
        figures.put("validationUnigramAccuracy", unigramAccuracy);
        notes = new Notes(notes.guard(), 0, 0);
        return new Evaluation(figures, OptionalDouble.of(found.get().bits()), Optional.empty());
    }

    private Evaluation predicted() {
        OptionalDouble bits = validation.bitsPerByte(state.model());
        if (bits.isEmpty()) {
            return Evaluation.NONE;
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put(VALIDATION, bits.getAsDouble());
        if (notes.trainedBytes() > 0) {
            double trained = notes.trainedNats() / Math.log(2) / notes.trainedBytes();
            figures.put("trainingBitsPerByte", trained);
            figures.put("generalisationGap", bits.getAsDouble() - trained);
        }
        notes = new Notes(notes.guard(), 0, 0);
        return new Evaluation(figures, bits, Optional.empty());
    }

    @Override
    public Optional<Transformer> writing() {
        return settings.masked() ? Optional.empty() : Optional.of(state.model());
    }

    @Override
    public void keepAsBest() {
        state.keepAsBest();
    }

    @Override
    public Map<String, Long> position() {
        return state.position();
    }

    @Override
    public Object notes() {
        return notes;
    }

    @Override
    public ModelFiles model() {
        return state.files();
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return state.tensorsToResume();
    }

    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> best) {
        SequencedMap<String, Double> figures = new LinkedHashMap<>(last);
        best.ifPresent(model -> {
            figures.put(settings.masked() ? MASKED_VALIDATION : VALIDATION, model.judgement());
            figures.put("bestStep", (double) model.step());
        });
        figures.put("recoveries", (double) recovery.count());
        figures.put(TRAINING_SEQUENCES, (double) training.size());
        figures.put("trainedTokens", (double) done() * settings.batches().sequences() * training.sequenceLength());
        state.finish(best.isPresent());
        return figures;
    }

    @Override
    public ModelFiles finishedModel() {
        return state.finishedFiles();
    }

    @Override
    public SequencedMap<String, Tensor> finishedState() {
        return state.tensorsToContinue();
    }

    /** The next run continues the trunk. */
    @Override
    public boolean continuable() {
        return true;
    }

    /** Sequences between the place where the trunk stopped reading and the end of the data. */
    private long unread(StoredCheckpoint trunk) {
        long read = trunk.manifest().position().getOrDefault("trunkNextSequence", 0L);
        if (read >= training.size()) {
            throw new InvalidInputException(Reason.of("pretrain.trunkAhead")
                    .with("uri", trunk.reference().uri().toString())
                    .with("read", read)
                    .with("sequences", training.size()));
        }
        return training.size() - read;
    }

    @Override
    public void close() {
        state.close();
    }
}
