package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.BestModel;
import io.alignstream.training.BestWeights;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.Trouble;
import io.alignstream.training.dataset.Conversations;
import io.alignstream.training.dataset.SetAside;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.samples.SampleWriter;
import io.alignstream.training.workers.ShardSum;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Supervised fine-tuning of a base model on conversations.
 *
 * <p>Cross-entropy on the assistant's tokens and its end of turn only, AdamW without weight decay, linear warm-up and
 * decay. All weights are tuned, or low-rank adapters of a base model that stays as it is. A run that diverges has to start
 * again from the base model with a lower learning rate. Left out: mixing in pretraining data.
 *
 * <p>For one thread.
 */
public final class SftLoop implements TrainingLoop {

    /** Multiplies the learning rate of a run that starts again. */
    static final double RECOVERY_FACTOR = 0.3;

    /** Of a loss, times this and half a nat more is divergence. */
    private static final double DIVERGED = 1.5;

    private static final double SLACK = 0.5;

    /** Key of a checkpoint's position: how often the run has started again. */
    private static final String STARTED_AGAIN = "recoveries";

    /** Metric: the base model's loss on the held-out conversations. */
    private static final String BASE_VALIDATION = "baseValidationLoss";

    private final Inputs inputs;
    private final SftSettings settings;
    private final Tokenizer tokenizer;
    private final Conversations conversations;
    private final Recovery recovery;
    private final TunedModel model;
    private final Notes notes;
    private final BestWeights best = new BestWeights();
    private final long batches;
    private List<List<Conversation>> order = List.of();
    private long step;

    /**
     * What the loop knows besides weights, moments and the place in the data.
     *
     * @param baseValidationLoss the base model's loss on the held-out conversations; null if none is held out
     */
    record Notes(@Nullable Double baseValidationLoss) {}

    /**
     * The frozen inputs of a run.
     *
     * @param base folder of the base checkpoint, with its tokenizer
     * @param withheld instructions whose answer says that the model does not know
     * @param workers who trains it; stay the caller's
     */
    public record Inputs(
            SftSettings settings,
            Path base,
            Tokenizer tokenizer,
            Conversations conversations,
            int withheld,
            Workers workers)
            implements TrainingLoop.Inputs {

        /** The same with {@code workers}. */
        Inputs with(Workers others) {
            return new Inputs(settings, base, tokenizer, conversations, withheld, others);
        }

        /**
         * Reads the tokenizer and encodes the instructions with it.
         *
         * @param instructions in any order, ids distinct
         * @throws InvalidInputException if no conversation is left to learn from, or more is set aside than may be
         * @throws IOException if the base checkpoint cannot be read
         */
        public static Inputs of(SftSettings settings, Path base, Collection<Instruction> instructions)
                throws IOException {
            return of(
                    settings,
                    base,
                    instructions,
                    new SetAside(Stage.SFT, settings.training().mostSetAside()));
        }

        /** The same, counting in {@code setAside}. */
        static Inputs of(SftSettings settings, Path base, Collection<Instruction> instructions, SetAside setAside)
                throws IOException {
            Tokenizer tokenizer = Tokenizer.load(base);
            TransformerConfig shape = TransformerConfig.load(base);
            if (shape.bidirectional()) {
                throw new InvalidInputException(Reason.of("sft.maskedBase").with("folder", base.toString()));
            }
            int longest = shape.maxPositions();
            SftSettings.Unknown unknown = settings.unknown();
            UnknownFacts taught = unknown == null
                    ? new UnknownFacts(List.copyOf(instructions), 0)
                    : UnknownFacts.of(unknown, settings.seed(), base, tokenizer, instructions);
            Conversations conversations =
                    Conversations.of(taught.instructions(), tokenizer, settings.heldOutShare(), longest, setAside);
            setAside.requireMost();
            if (conversations.training().isEmpty()) {
                Reason nothing = Reason.of("sft.noConversation")
                        .with("instructions", instructions.size())
                        .with("heldOut", conversations.heldOut().size());
                throw new InvalidInputException(
                        setAside.reason().map(nothing::and).orElse(nothing));
            }
            return new Inputs(
                    settings, base, tokenizer, conversations, taught.replaced(), Workers.alone(settings.shards()));
        }

        @Override
        public Optional<SampleWriter> sampleWriter(SampleSettings wanted) {
            List<Conversation> shown = conversations.heldOut().isEmpty()
                    ? conversations.training().stream().flatMap(List::stream).toList()
                    : conversations.heldOut();
            return SampleWriter.ofAnswers(
                    wanted, tokenizer, shown.stream().map(Conversation::prompt), shape().maxPositions());
        }

        private TransformerConfig shape() {
            try {
                return TransformerConfig.load(base);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public SftLoop begin(Recovery recovery) throws IOException {
            TunedModel model = TunedModel.start(base, tokenizer, settings, workers);
            double loss = conversations.heldOut().isEmpty()
                    ? Double.NaN
                    : validation(model).loss();
            return new SftLoop(this, recovery, model, new Notes(Double.isFinite(loss) ? loss : null), 0);
        }

        @Override
        public SftLoop resume(StoredState stored, Recovery recovery) throws IOException {
            Notes notes = stored.notes(Notes.class);
            SftLoop loop = new SftLoop(
                    this,
                    recovery,
                    TunedModel.resume(stored, base, tokenizer, settings, workers),
                    notes,
                    stored.step());
            loop.best.restore(stored.tensors());
            return loop;
        }

        /** What the run will need of memory, from the shape of its network and its settings alone. */
        MemoryPlan memory() {
            TransformerConfig config = shape();
            Footprint network = Footprint.of(config);
            int longest = conversations.training().stream()
                    .flatMap(List::stream)
                    .mapToInt(Conversation::length)
                    .max()
                    .orElse(1);
            int answers =
                    conversations.training().stream().mapToInt(List::size).max().orElse(1);
            int positions = Math.max(
                    longest,
                    Math.min(
                            settings.memory().positions(config, settings.precision()),
                            settings.batchInstructions() * answers * longest));
            Map<MemoryPlan.Part, Long> parts = new EnumMap<>(MemoryPlan.Part.class);
            parts.put(MemoryPlan.Part.FILES, network.weights());
            parts.put(MemoryPlan.Part.WEIGHTS, network.weights());
            parts.put(
                    MemoryPlan.Part.PREPARED, // for its products, or, between two steps, to write with
                    Math.max(network.prepared(settings.precision()), network.prepared(Precision.FLOAT32)));
            parts.put(MemoryPlan.Part.ACTIVATIONS, settings.memory().kept(config, settings.precision(), positions));
            parts.put(
                    MemoryPlan.Part.WORKSPACE,
                    network.workspace(positions)
                            + network.scoring((long) settings.batchInstructions() * answers * longest));
            SftSettings.Lora lora = settings.lora();
            long learning = network.weights();
            if (lora != null) {
                LoraSettings adapters = lora.of(tokenizer);
                learning = network.adapters(adapters);
                parts.merge(MemoryPlan.Part.PREPARED, network.merged(adapters), Long::sum);
                parts.put(
                        MemoryPlan.Part.FROZEN, network.weights()); // what is validated and stored, adapters worked in
            }
            parts.put(MemoryPlan.Part.GRADIENTS, ShardSum.mostSets(settings.shards()) * learning);
            parts.put(MemoryPlan.Part.MOMENTS, 2 * learning);
            if (settings.training().patience() > 0) {
                parts.put(MemoryPlan.Part.BEST, learning);
            }
            return MemoryPlan.of(parts);
        }

        private SftEvaluation validation(TunedModel model) {
            return SftEvaluation.of(model.network(), conversations.heldOut(), settings.batchInstructions());
        }
    }

    private SftLoop(Inputs inputs, Recovery recovery, TunedModel model, Notes notes, long step) {
        this.inputs = inputs;
        this.settings = inputs.settings();
        this.tokenizer = inputs.tokenizer();
        this.conversations = inputs.conversations();
        this.recovery = recovery;
        this.model = model;
        this.notes = notes;
        this.step = step;
        this.batches = EpochOrder.batches(conversations.training().size(), settings.batchInstructions());
    }

    @Override
    public long done() {
        return step;
    }

    @Override
    public long total() {
        return batches * settings.epochs();
    }

    @Override
    public Step step() {
        if (order.isEmpty() || step % batches == 0) {
            order = EpochOrder.of(
                    conversations.training(), settings.batchInstructions(), settings.seed(), step / batches);
        }
        List<Conversation> batch = order.get((int) (step % batches));
        double learningRate = settings.schedule().learningRate(step, total()) * learningRateScale();
        Learner.Step<Double> now = model.step(batch, learningRate);
        step++;
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put("loss", now.loss());
        figures.put("gradientNorm", now.gradientNorm());
        figures.put("learningRate", learningRate);
        return new Step(figures, new Speed("tokensPerSecond", tokens(batch)), trouble(now, learningRate));
    }

    @Override
    public Evaluation evaluate() {
        boolean due = step % settings.validateEvery() == 0 || step == total();
        if (conversations.heldOut().isEmpty() || !due) {
            return Evaluation.NONE;
        }
        SftEvaluation measured = inputs.validation(model);
        return new Evaluation(new TreeMap<>(measured.metrics()), OptionalDouble.of(measured.loss()), trouble(measured));
    }

    @Override
    public Optional<Transformer> writing() {
        return Optional.of(model.network());
    }

    @Override
    public void keepAsBest() {
        best.keep(model.trained(), step);
    }

    /** A power, not the recovery's product of factors: the last bit of the third one differs, and so would the weights. */
    private double learningRateScale() {
        return Math.pow(settings.training().healing().learningRateFactor(), recovery.count());
    }

    /** What is wrong with a step; spikes are not, as batches hold other kinds of conversations each. */
    private Optional<Trouble> trouble(Learner.Step<Double> now, double learningRate) {
        double nothing = Math.log(tokenizer.vocabularySize());
        double most = DIVERGED * Math.max(nothing, before()) + SLACK;
        return now.loss() <= most && Double.isFinite(now.gradientNorm())
                ? Optional.empty()
                : Optional.of(Trouble.fromStart(Trouble.notFinite(now.loss(), now.gradientNorm(), learningRate)
                        .why()));
    }

    private Optional<Trouble> trouble(SftEvaluation measured) {
        return measured.loss() <= DIVERGED * before() + SLACK
                ? Optional.empty()
                : Optional.of(Trouble.fromStart(Reason.of("sft.worseThanBase")
                        .with("loss", Double.toString(measured.loss()))
                        .with("base", Double.toString(before()))));
    }

    /** The base model's loss, or that of a model that knows nothing. */
    private double before() {
        Double loss = notes.baseValidationLoss();
        return loss == null ? Math.log(tokenizer.vocabularySize()) : loss;
    }

    private static long tokens(List<Conversation> batch) {
        return batch.stream().mapToLong(Conversation::length).sum();
    }

    @Override
    public Map<String, Long> position() {
        Map<String, Long> position = new LinkedHashMap<>(Map.of("epoch", step / batches, "nextBatch", step % batches));
        if (recovery.count() > 0) {
            position.put(STARTED_AGAIN, (long) recovery.count());
        }
        return position;
    }

    @Override
    public Object notes() {
        return notes;
    }

    @Override
    public ModelFiles model() {
        return model.files();
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = model.state();
        best.addTo(state, step);
        return state;
    }

    @Override
    public SequencedMap<String, Tensor> finishedState() {
        return model.state();
    }

    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel)
            throws IOException {
        SequencedMap<String, Double> figures = new LinkedHashMap<>(last);
        if (bestModel.isPresent()) {
            model.goBack(best.tensors().orElseThrow());
            figures.putAll(inputs.validation(model).metrics());
            figures.put("bestStep", (double) bestModel.get().step());
        }
        figures.put("conversations", (double) conversations.trained());
        if (settings.unknown() != null) {
            figures.put("withheldInstructions", (double) inputs.withheld());
        }
        if (recovery.count() > 0) {
            figures.put("recoveries", (double) recovery.count());
        }
        Double base = notes.baseValidationLoss();
        if (base != null) {
            figures.put(BASE_VALIDATION, base);
        }
        return figures;
    }

    @Override
    public void close() {
        model.close();
    }
}
