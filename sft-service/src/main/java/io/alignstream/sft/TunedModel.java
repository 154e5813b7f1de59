package io.alignstream.sft;

import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.exchange.PeftAdapter;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.Computing;
import io.alignstream.languagemodel.transformer.LoraAdapters;
import io.alignstream.languagemodel.transformer.LoraSettings;
import io.alignstream.languagemodel.transformer.PackedSequences;
import io.alignstream.languagemodel.transformer.Sequences;
import io.alignstream.languagemodel.transformer.Transformer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is being tuned with its optimiser: all weights, or adapters of a base model that stays as it is. For one thread.
 */
final class TunedModel implements AutoCloseable {

    private static final String STATE_FILE = "training-state.safetensors";
    private static final String OPTIMISER = "optimiser";

    private final Transformer model;
    private final @Nullable LoraAdapters adapters;
    private final AdamW optimiser;
    private final Tokenizer tokenizer;
    private final boolean packing;

    private TunedModel(Transformer model, @Nullable LoraAdapters adapters, Tokenizer tokenizer, SftSettings settings) {
        this.model = model;
        this.adapters = adapters;
        this.tokenizer = tokenizer;
        this.packing = settings.packing();
        Computing computing = new Computing(settings.precision(), Integer.MAX_VALUE);
        this.optimiser = adapters == null
                ? new AdamW(model, AdamW.Settings.FINE_TUNING, computing)
                : new AdamW(adapters, AdamW.Settings.FINE_TUNING, computing);
    }

    /** The beginning of a run on the base model in {@code base}. */
    static TunedModel start(Path base, Tokenizer tokenizer, SftSettings settings) throws IOException {
        Transformer model = Transformer.load(base);
        LoraSettings lora = settings.lora() == null ? null : settings.lora().of(tokenizer);
        if (lora == null || !lora.tokens().isEmpty()) {
            likenChatTokens(model, tokenizer);
        }
        LoraAdapters adapters = lora == null ? null : LoraAdapters.initialise(model, lora, settings.seed());
        return new TunedModel(model, adapters, tokenizer, settings);
    }

    /**
     * Pretraining never meets the chat's control tokens; they begin as what they resemble, so that a question in the
     * chat is to the network what a question in a document was, and little has to change. A token of another name is one
     * of a foreign model, which was trained with it.
     */
    private static void likenChatTokens(Transformer model, Tokenizer tokenizer) {
        int lineEnd = tokenizer.encode("\n")[0];
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

    /** The state that {@link #write} put into {@code checkpoint}. */
    static TunedModel resume(Path checkpoint, Path base, Tokenizer tokenizer, SftSettings settings) throws IOException {
        LoraSettings lora = settings.lora() == null ? null : settings.lora().of(tokenizer);
        Transformer model = Transformer.load(lora == null ? checkpoint : base);
        LoraAdapters adapters = lora == null
                ? null
                : LoraAdapters.of(model, lora, Safetensors.read(checkpoint.resolve(PeftAdapter.WEIGHTS)));
        TunedModel tuned = new TunedModel(model, adapters, tokenizer, settings);
        tuned.optimiser.restore(OPTIMISER, Safetensors.read(checkpoint.resolve(STATE_FILE)));
        return tuned;
    }

    /** One step; the loss is the mean over all learned tokens of the batch. */
    AdamW.Step step(List<Conversation> batch, double learningRate) {
        List<int[]> ids = batch.stream().map(Conversation::ids).toList();
        List<boolean[]> learned = batch.stream().map(Conversation::learned).toList();
        boolean worth = packing && 4 * PackedSequences.rowCount(ids) <= 3 * ids.size();
        if (worth) {
            return optimiser.packedStep(PackedSequences.of(ids, learned, tokenizer.pad()), learningRate);
        }
        return optimiser.languageModelStep(Sequences.of(ids, learned, tokenizer.pad()), learningRate);
    }

    /** A figure of the network as it is now, adapters worked in. */
    <T> T measure(Function<Transformer, T> figure) {
        if (adapters == null) {
            return figure.apply(model);
        }
        try (Transformer merged = adapters.merged()) {
            return figure.apply(merged);
        }
    }

    /** Writes a Hugging Face directory, adapters worked in, and beside it what {@link #resume} needs. */
    void write(Path folder) throws IOException {
        int[] ends = {tokenizer.endOfTurn(), tokenizer.endOfDocument()};
        model.config().save(folder, ends, tokenizer.pad());
        tokenizer.save(folder);
        Safetensors.write(folder.resolve(ModelWeights.FILE), measure(Transformer::tensors), Map.of("format", "pt"));
        Safetensors.write(folder.resolve(STATE_FILE), optimiser.state(OPTIMISER), Map.of());
        if (adapters != null) {
            Safetensors.write(folder.resolve(PeftAdapter.WEIGHTS), adapters.tensors(), Map.of("format", "pt"));
        }
    }

    @Override
    public void close() {
        optimiser.close();
        if (adapters != null) {
            adapters.close();
        }
        model.close();
    }
}
