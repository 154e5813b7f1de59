package io.alignstream.pretrain;

import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.training.Learner;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.training.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.objective.Computing;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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

    private static final String STATE_FILE = "training-state.safetensors";
    private static final String OPTIMISER = "optimiser";
    private static final String TRUNK = "trunk.";
    private static final String BEST = "best.";

    private final PretrainSettings settings;
    private final Tokenizer tokenizer;
    private final Transformer model;
    private final Learner learner;
    private final NextTokenObjective objective;
    private final ShuffledSequences sequences;
    private long step;
    private Journal journal;
    /** Weights and moments where the decay branched off; null before. */
    private @Nullable SequencedMap<String, Tensor> trunk;
    /** Place in the data there: epoch and next sequence. */
    private Map<String, Long> trunkPosition = Map.of();
    /** Weights of the best validation, with moments while there is no trunk; null before the first validation. */
    private @Nullable SequencedMap<String, Tensor> best;
    /** Figures of the last step. */
    private final SequencedMap<String, Double> metrics = new LinkedHashMap<>();

    private PretrainState(
            PretrainSettings settings,
            Tokenizer tokenizer,
            Transformer model,
            SequenceSource source,
            long epoch,
            long nextSequence,
            long step,
            Journal journal) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.model = model;
        PretrainSettings.Batches batches = settings.batches();
        Precision precision = settings.optimiser().precision();
        this.learner = new Learner(model, optimiserSettings(settings.optimiser()), precision);
        this.objective = new NextTokenObjective(
                model, new Computing(precision, batches.sequences() / batches.accumulation()));
        this.sequences =
                new ShuffledSequences(source, settings.batches().shuffleWindow(), settings.seed(), epoch, nextSequence);
        this.step = step;
        this.journal = journal;
    }

    /** A network with random weights. */
    static PretrainState random(PretrainSettings settings, Tokenizer tokenizer, SequenceSource source) {
        TransformerConfig config = TransformerConfig.of(
                tokenizer.vocabularySize(),
                settings.network().layers(),
                settings.network().width(),
                source.sequenceLength());
        Transformer model = Transformer.initialise(config, settings.seed());
        return new PretrainState(settings, tokenizer, model, source, 0, 0, 0, Journal.NEW);
    }

    /** The trunk of the finished model {@code previous}, with which a new run begins. */
    static PretrainState trunkOf(
            StoredCheckpoint previous, PretrainSettings settings, Tokenizer tokenizer, SequenceSource source)
            throws IOException {
        Path folder = previous.folder();
        Map<String, Tensor> state = below(TRUNK, Safetensors.read(folder.resolve(STATE_FILE)));
        Transformer model = Transformer.of(
                TransformerConfig.load(folder),
                below("w.", state),
                folder.resolve(STATE_FILE).toString());
        Map<String, Long> position = previous.manifest().position();
        PretrainState begun = new PretrainState(
                settings,
                tokenizer,
                model,
                source,
                position.getOrDefault("trunkEpoch", 0L),
                position.getOrDefault("trunkNextSequence", 0L),
                0,
                Journal.NEW);
        begun.learner.restore(OPTIMISER, state);
        return begun;
    }

    /** What {@link #save} stored. */
    static PretrainState resume(
            StoredCheckpoint checkpoint, PretrainSettings settings, Tokenizer tokenizer, SequenceSource source)
            throws IOException {
        Path folder = checkpoint.folder();
        Map<String, Long> position = checkpoint.manifest().position();
        PretrainState resumed = new PretrainState(
                settings,
                tokenizer,
                Transformer.load(folder),
                source,
                position.getOrDefault("epoch", 0L),
                position.getOrDefault("nextSequence", 0L),
                checkpoint.manifest().step(),
                Journal.read(folder)
                        .afterCheckpoint(
                                checkpoint.reference().sha256(),
                                checkpoint.manifest().step()));
        Map<String, Tensor> state = Safetensors.read(folder.resolve(STATE_FILE));
        resumed.learner.restore(OPTIMISER, state);
        SequencedMap<String, Tensor> trunk = below(TRUNK, state);
        if (!trunk.isEmpty()) {
            resumed.trunk = trunk;
            resumed.trunkPosition = Map.of(
                    "trunkEpoch", position.getOrDefault("trunkEpoch", 0L),
                    "trunkNextSequence", position.getOrDefault("trunkNextSequence", 0L));
        }
        SequencedMap<String, Tensor> best = below(BEST, state);
        if (!best.isEmpty()) {
            resumed.best = best;
        } else if (settings.holdout().patience() > 0
                && resumed.step > 0
                && resumed.journal.best().step() == resumed.step) {
            resumed.keepAsBest();
        }
        resumed.metrics.putAll(checkpoint.manifest().metrics());
        return resumed;
    }

    long step() {
        return step;
    }

    Journal journal() {
        return journal;
    }

    void journal(Journal next) {
        journal = next;
    }

    /** Figures of the last step, to be replaced after the next one. */
    SequencedMap<String, Double> metrics() {
        return metrics;
    }

    Transformer model() {
        return model;
    }

    /** Sequences read since the beginning of the data, all passes counted: where the next batch begins. */
    long place(long size) {
        return sequences.epoch() * size + sequences.nextSequence();
    }

    /** The next batch; the windows that were found to be bad are left out. */
    Sequences take(long size) {
        int count = settings.batches().sequences();
        while (journal.recovery().skipped().contains(place(size))) {
            sequences.take(count);
        }
        return Sequences.packed(sequences.take(count), tokenizer.pad());
    }

    /** One optimiser step. */
    Learner.Step<Double> train(Sequences batch, double learningRate) {
        Learner.Step<Double> taken = learner.step(objective, batch, learningRate);
        step++;
        return taken;
    }

    /** Keeps this state as the one from which the next run continues. */
    void branchOff() {
        trunk = tensors();
        trunkPosition = Map.of("trunkEpoch", sequences.epoch(), "trunkNextSequence", sequences.nextSequence());
    }

    /** Keeps this state as the best one. */
    void keepAsBest() {
        best = trunk == null ? tensors() : weights();
    }

    /**
     * Stores the state.
     *
     * @param anchor whether a failing run may go back to this checkpoint
     */
    Reference save(TrainingRun run, boolean anchor) throws IOException {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>(learner.state(OPTIMISER));
        if (trunk != null) {
            trunk.forEach((name, tensor) -> state.put(TRUNK + name, tensor));
        }
        if (best != null && journal.best().step() != step) {
            best.forEach((name, tensor) -> state.put(BEST + name, tensor));
        }
        journal = journal.stored(anchor);
        Reference reference = store(run, false, model.tensors(), state);
        journal = journal.afterCheckpoint(reference.sha256(), step);
        return reference;
    }

    /**
     * Stores the finished model: the published weights, and the trunk for the run after this one.
     *
     * @param bestModel whether the best model is published and not the last one
     */
    Reference finish(TrainingRun run, boolean bestModel) throws IOException {
        SequencedMap<String, Tensor> published = bestModel && best != null ? below("w.", best) : model.tensors();
        if (trunk == null) {
            // Ended early in the stable phase: what came after the best model is not worth continuing.
            branchOff();
            trunk = bestModel && best != null ? best : trunk;
        }
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        if (trunk != null) {
            trunk.forEach((name, tensor) -> state.put(TRUNK + name, tensor));
        }
        return store(run, true, published, state);
    }

    private Reference store(
            TrainingRun run, boolean complete, SequencedMap<String, Tensor> weights, SequencedMap<String, Tensor> state)
            throws IOException {
        Map<String, Long> position = new HashMap<>(trunkPosition);
        position.put("epoch", sequences.epoch());
        position.put("nextSequence", sequences.nextSequence());
        return run.save(
                step,
                complete,
                position,
                metrics,
                TorchRuntime.fingerprint(),
                new HashSet<>(journal.anchors()),
                folder -> {
                    int[] ends = {tokenizer.endOfDocument(), tokenizer.endOfTurn()};
                    model.config().save(folder, ends, tokenizer.pad());
                    tokenizer.save(folder);
                    Safetensors.write(folder.resolve("model.safetensors"), weights, Map.of("format", "pt"));
                    Safetensors.write(folder.resolve(STATE_FILE), state, Map.of());
                    journal.write(folder);
                    Ledger.write(folder, sequences);
                });
    }

    /** Weights, {@code w.NAME}, and moments, {@code optimiser.…}. */
    private SequencedMap<String, Tensor> tensors() {
        SequencedMap<String, Tensor> tensors = weights();
        tensors.putAll(learner.state(OPTIMISER));
        return tensors;
    }

    private SequencedMap<String, Tensor> weights() {
        SequencedMap<String, Tensor> weights = new LinkedHashMap<>();
        model.tensors().forEach((name, tensor) -> weights.put("w." + name, tensor));
        return weights;
    }

    private static SequencedMap<String, Tensor> below(String prefix, Map<String, Tensor> tensors) {
        SequencedMap<String, Tensor> result = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                result.put(name.substring(prefix.length()), tensor);
            }
        });
        return result;
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
