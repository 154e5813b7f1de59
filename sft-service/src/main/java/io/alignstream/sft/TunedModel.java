package io.alignstream.sft;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.exchange.PeftAdapter;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.StoredState;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What is being tuned with its optimiser: all weights, or adapters of a base model that stays as it is. For one thread.
 */
final class TunedModel implements AutoCloseable {

    private static final String OPTIMISER = "optimiser";

    private final Transformer base;
    private TunedNetwork tuned;
    private final Learner learner;
    private final NextTokenObjective nextToken;
    private final Tokenizer tokenizer;

    private TunedModel(
            Transformer base,
            @Nullable LoraAdapters adapters,
            Tokenizer tokenizer,
            SftSettings settings,
            Workers workers) {
        this.base = base;
        this.tuned = adapters == null ? TunedNetwork.of(base) : TunedNetwork.of(adapters);
        this.tokenizer = tokenizer;
        Trainable trained = tuned.trained(1);
        this.learner = new Learner(
                trained,
                new AdamW(trained, AdamW.Settings.FINE_TUNING, settings.precision()),
                settings.memory(),
                settings.precision(),
                workers);
        this.nextToken = new NextTokenObjective(trained, settings.precision());
    }

    /** The beginning of a run on the base model in {@code base}. */
    static TunedModel start(Path base, Tokenizer tokenizer, SftSettings settings, Workers workers) throws IOException {
        Transformer model = Transformer.load(base);
        LoraSettings lora = settings.lora() == null ? null : settings.lora().of(tokenizer);
        if (lora == null || !lora.tokens().isEmpty()) {
            likenChatTokens(model, tokenizer);
        }
        LoraAdapters adapters = lora == null ? null : LoraAdapters.initialise(model, lora, settings.seed());
        return new TunedModel(model, adapters, tokenizer, settings, workers);
    }

    /**
     * Pretraining never meets the chat's control tokens; they begin as what they resemble, so that a question in the
     * chat is to the network what a question in a document was, and little has to change. A token of another name is one
     * of a foreign model, which was trained with it.
     */
    private static void likenChatTokens(Transformer model, Tokenizer tokenizer) {
        int[] line = tokenizer.encode("\n"); // some tokenizers put a space in front
        int lineEnd = line[line.length - 1];
        Map<Integer, Integer> sources = new HashMap<>();
        for (ControlToken token :
                List.of(ControlToken.USER, ControlToken.SYSTEM, ControlToken.ASSISTANT, ControlToken.END_OF_TURN)) {
            int id = tokenizer.id(token);
            if (tokenizer.name(id).equals(token.text())) {
                sources.put(id, token == ControlToken.ASSISTANT ? lineEnd : tokenizer.endOfDocument());
            }
        }
        model.copyTokens(sources);
    }

    /** The model that {@link #files} and {@link #state} gave. */
    static TunedModel resume(StoredState stored, Path base, Tokenizer tokenizer, SftSettings settings, Workers workers)
            throws IOException {
        LoraSettings lora = settings.lora() == null ? null : settings.lora().of(tokenizer);
        Transformer model = Transformer.load(lora == null ? stored.folder() : base);
        TunedModel tuned;
        try {
            LoraAdapters adapters =
                    lora == null ? null : LoraAdapters.of(model, lora, stored.beside(PeftAdapter.WEIGHTS));
            tuned = new TunedModel(model, adapters, tokenizer, settings, workers);
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
        try {
            tuned.learner.restore(OPTIMISER, stored.tensors());
            return tuned;
        } catch (IOException | RuntimeException e) {
            tuned.close();
            throw e;
        }
    }

    /** One step; the loss is the mean over all learned tokens of the batch. */
    Learner.Step<Double> step(List<Conversation> batch, double learningRate) {
        tuned.changed();
        List<int[]> ids = batch.stream().map(Conversation::ids).toList();
        List<boolean[]> learned = batch.stream().map(Conversation::learned).toList();
        return learner.step(nextToken, Sequences.of(ids, learned), learningRate);
    }

    /** The network as it is now; stays owned by this. */
    Transformer network() {
        return tuned.network();
    }

    /** The network with adapters worked in, and the adapters beside it; valid until the next step. */
    ModelFiles files() {
        int[] ends = {tokenizer.endOfTurn(), tokenizer.endOfDocument()};
        ModelFiles files = ModelFiles.of(
                        base.config(), tokenizer, ends, tuned.whole().views())
                .inTorchFormat();
        return tuned.adapterViews()
                .map(adapters -> files.with(PeftAdapter.WEIGHTS, adapters))
                .orElse(files);
    }

    /** What is trained, where it lies: the weights, or the adapters. */
    SequencedMap<String, Tensor> trained() {
        return tuned.views();
    }

    /** Goes back to what {@link #trained} gave; no step may follow, as the optimiser knows the later weights only. */
    void goBack(Map<String, Tensor> earlier) throws IOException {
        TunedNetwork before = tuned.with(earlier);
        tuned.close();
        tuned = before;
    }

    /** The optimiser's moments. */
    SequencedMap<String, Tensor> state() {
        return learner.state(OPTIMISER);
    }

    @Override
    public void close() {
        learner.close();
        tuned.close();
        base.close();
    }
}
