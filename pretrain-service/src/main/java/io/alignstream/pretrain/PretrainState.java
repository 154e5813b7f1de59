package io.alignstream.pretrain;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.MaskedTokenObjective;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.pretrain.data.Ledger;
import io.alignstream.pretrain.data.Masking;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.pretrain.data.ShuffledSequences;
import io.alignstream.training.BestWeights;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.StoredState;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The complete state of a run between two steps, and how it becomes a checkpoint and comes back; for one thread.
 *
 * <p>Besides the network that is being trained it holds up to two others as tensors of the host: the trunk, from which
 * the decay branched off, and the best one of a validation. Each is in a checkpoint only where it differs from the first.
 */
final class PretrainState implements AutoCloseable {

    private static final String OPTIMISER = "optimiser";
    private static final String TRUNK = "trunk.";

    private final PretrainSettings settings;
    private final Tokenizer tokenizer;
    private final Transformer model;
    private final Learner learner;
    private final Objective<Sequences, Double> objective;
    /** Hides what a masked model is to find; null of any other. */
    private final @Nullable Masking masking;

    private final ShuffledSequences sequences;
    private long step;
    /** The batches of steps that were begun and not done, and where the data were before; what fails takes them again. */
    private @Nullable Begun begun;
    /** Weights and moments where the decay branched off; null before. */
    private @Nullable SequencedMap<String, Tensor> trunk;
    /** Place in the data there: epoch and next sequence. */
    private Map<String, Long> trunkPosition = Map.of();
    /** Weights of the best validation, with moments while there is no trunk. */
    private final BestWeights best = new BestWeights();
    /** Weights that are published in the end, if not the present ones. */
    private @Nullable SequencedMap<String, Tensor> published;

    private record Begun(List<Batch> batches, Map<String, Long> before) {}

    /**
     * The rows of a step.
     *
     * @param end sequences read since the beginning of the data, all passes counted: where it ends
     */
    record Batch(Sequences rows, long end) {}

    private PretrainState(
            PretrainSettings settings,
            Tokenizer tokenizer,
            Transformer model,
            SequenceSource source,
            Workers workers,
            long epoch,
            long nextSequence,
            long step) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.model = model;
        Precision precision = settings.optimiser().precision();
        this.learner = new Learner(
                model,
                new AdamW(model, optimiserSettings(settings.optimiser()), precision),
                settings.batches().memory(),
                precision,
                workers);
        settings.batches().localSgd().ifPresent(rounds -> learner.locally(rounds.outer()));
        this.objective = settings.masked()
                ? new MaskedTokenObjective(model, precision)
                : new NextTokenObjective(model, precision);
        this.masking = settings.masked() ? new Masking(tokenizer, settings.seed()) : null;
        this.sequences =
                new ShuffledSequences(source, settings.batches().shuffleWindow(), settings.seed(), epoch, nextSequence);
        this.step = step;
    }

    /** Shape of the network of a run. */
    static TransformerConfig shape(PretrainSettings settings, Tokenizer tokenizer, SequenceSource source) {
        TransformerConfig shape = TransformerConfig.of(
                tokenizer.vocabularySize(),
                settings.network().layers(),
                settings.network().width(),
                source.sequenceLength());
        return settings.masked() ? shape.bothWays() : shape;
    }

    /** A network with random weights. */
    static PretrainState random(
            PretrainSettings settings, Tokenizer tokenizer, SequenceSource source, Workers workers) {
        Transformer model = Transformer.initialise(shape(settings, tokenizer, source), settings.seed());
        return new PretrainState(settings, tokenizer, model, source, workers, 0, 0, 0);
    }

    /** The trunk of the finished model {@code previous}, with which a new run begins. */
    static PretrainState trunkOf(
            StoredState previous,
            PretrainSettings settings,
            Tokenizer tokenizer,
            SequenceSource source,
            Workers workers)
            throws IOException {
        Map<String, Tensor> state = BestWeights.below(TRUNK, previous.tensors());
        Transformer model = Transformer.of(
                TransformerConfig.load(previous.folder()),
                BestWeights.below("w.", state),
                previous.folder().toString());
        Map<String, Long> position = previous.position();
        PretrainState begun = new PretrainState(
                settings,
                tokenizer,
                model,
                source,
                workers,
                position.getOrDefault("trunkEpoch", 0L),
                position.getOrDefault("trunkNextSequence", 0L),
                0);
        begun.restore(state);
        return begun;
    }

    /** What was stored between two steps. */
    static PretrainState resume(
            StoredState stored, PretrainSettings settings, Tokenizer tokenizer, SequenceSource source, Workers workers)
            throws IOException {
        Map<String, Long> position = stored.position();
        PretrainState resumed = new PretrainState(
                settings,
                tokenizer,
                Transformer.load(stored.folder()),
                source,
                workers,
                position.getOrDefault("epoch", 0L),
                position.getOrDefault("nextSequence", 0L),
                stored.step());
        resumed.restore(stored.tensors());
        SequencedMap<String, Tensor> trunk = BestWeights.below(TRUNK, stored.tensors());
        if (!trunk.isEmpty()) {
            resumed.trunk = trunk;
            resumed.trunkPosition = Map.of(
                    "trunkEpoch", position.getOrDefault("trunkEpoch", 0L),
                    "trunkNextSequence", position.getOrDefault("trunkNextSequence", 0L));
        }
        resumed.best.restore(stored.tensors());
        return resumed;
    }

    /** Takes over the moments, or closes this. */
    private void restore(Map<String, Tensor> state) throws IOException {
        try {
            learner.restore(OPTIMISER, state);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    long step() {
        return step;
    }

    Transformer model() {
        return model;
    }

    private long place(long size) {
        return sequences.epoch() * size + sequences.nextSequence();
    }

    /**
     * The batches of the next steps, the same until these are done; the windows that begin at {@code skipped} places are left
     * out.
     *
     * @param size of the data
     */
    List<Batch> take(long steps, long size, List<Long> skipped) {
        Begun last = begun;
        if (last == null) {
            Map<String, Long> before = place();
            int count = settings.batches().sequences();
            List<Batch> batches = new ArrayList<>();
            while (batches.size() < steps) {
                while (skipped.contains(place(size))) {
                    sequences.take(count);
                }
                long begin = place(size);
                List<int[]> rows = sequences.take(count);
                batches.add(new Batch(
                        masking == null ? Sequences.packed(rows, tokenizer.pad()) : masking.training(rows, begin),
                        place(size)));
            }
            last = new Begun(List.copyOf(batches), before);
            begun = last;
        }
        return last.batches;
    }

    /** A step on each batch, at its learning rate: one, or those of a round. If it fails, nothing has changed. */
    List<Learner.Step<Double>> train(List<Batch> batches, double[] learningRates) {
        List<Sequences> rows = batches.stream().map(Batch::rows).toList();
        List<Learner.Step<Double>> taken = settings.batches().localSgd().isPresent()
                ? learner.round(objective, rows, learningRates)
                : List.of(learner.step(objective, rows.getFirst(), learningRates[0]));
        step += taken.size();
        begun = null;
        return taken;
    }

    /** Keeps this state as the one from which the next run continues. */
    void branchOff() {
        trunk = tensors();
        trunk.replaceAll((name, view) -> view.copy());
        trunkPosition = Map.of("trunkEpoch", sequences.epoch(), "trunkNextSequence", sequences.nextSequence());
    }

    /** Keeps this state as the best one. */
    void keepAsBest() {
        best.keep(trunk == null ? tensors() : weights(), step);
    }

    /** Where reading resumes, here and at the trunk. */
    Map<String, Long> position() {
        Map<String, Long> position = new HashMap<>(trunkPosition);
        position.putAll(place());
        return position;
    }

    private Map<String, Long> place() {
        return begun != null
                ? begun.before
                : Map.of("epoch", sequences.epoch(), "nextSequence", sequences.nextSequence());
    }

    /** The network as it is now. */
    ModelFiles files() {
        return files(model.views());
    }

    /** Everything that {@link #resume} needs besides. */
    SequencedMap<String, Tensor> tensorsToResume() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>(learner.state(OPTIMISER));
        state.putAll(tensorsToContinue());
        best.addTo(state, step);
        return state;
    }

    /**
     * Decides what is published.
     *
     * @param bestModel whether the best model is published and not the last one
     */
    void finish(boolean bestModel) {
        SequencedMap<String, Tensor> kept = bestModel ? best.tensors().orElse(null) : null;
        published = kept == null ? null : BestWeights.below("w.", kept);
        if (trunk == null) {
            // Ended early in the stable phase: what came after the best model is not worth continuing.
            branchOff();
            trunk = kept == null ? trunk : kept;
        }
    }

    /** The finished model. */
    ModelFiles finishedFiles() {
        return files(published == null ? model.views() : published);
    }

    /** The trunk, for the run after this one. */
    SequencedMap<String, Tensor> tensorsToContinue() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        if (trunk != null) {
            trunk.forEach((name, tensor) -> state.put(TRUNK + name, tensor));
        }
        return state;
    }

    private ModelFiles files(SequencedMap<String, Tensor> weights) {
        int[] ends = {tokenizer.endOfDocument(), tokenizer.endOfTurn()};
        Map<String, Long> place = place();
        return Ledger.beside(
                ModelFiles.of(model.config(), tokenizer, ends, weights).inTorchFormat(),
                sequences,
                place.getOrDefault("epoch", 0L),
                place.getOrDefault("nextSequence", 0L));
    }

    /** Weights, {@code w.NAME}, and moments, {@code optimiser.…}, where they lie. */
    private SequencedMap<String, Tensor> tensors() {
        SequencedMap<String, Tensor> tensors = weights();
        tensors.putAll(learner.state(OPTIMISER));
        return tensors;
    }

    private SequencedMap<String, Tensor> weights() {
        SequencedMap<String, Tensor> weights = new LinkedHashMap<>();
        model.views().forEach((name, tensor) -> weights.put("w." + name, tensor));
        return weights;
    }

    private static AdamW.Settings optimiserSettings(PretrainSettings.Optimiser optimiser) {
        AdamW.Settings usual = AdamW.Settings.PRETRAINING;
        return new AdamW.Settings(
                usual.beta1(),
                optimiser.beta2(),
                usual.epsilon(),
                optimiser.weightDecay(),
                optimiser.maxNorm(),
                optimiser.muonMomentum(),
                usual.gainRate());
    }

    @Override
    public void close() {
        sequences.close();
        learner.close();
        model.close();
    }
}
