package io.alignstream.languagemodel.tokenizer.vocabulary;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A token that structures sequences and that no text can produce.
 *
 * <p>In a foreign file a role is played by the first of its names that the file has among its added tokens; a role that
 * none plays is added at the end of the vocabulary under its own name, or under its {@link #reserve} if the file has a chat
 * template, which may write that name as text.
 */
public enum ControlToken {
    /** Between two documents of a packed training sequence. */
    END_OF_DOCUMENT("<|endofdocument|>", "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<eos>", "</s>"),
    /** Opens a message of the user. */
    USER("<|user|>"),
    /** Opens a message of the assistant. */
    ASSISTANT("<|assistant|>"),
    /** Opens a message of the operator. */
    SYSTEM("<|system|>"),
    /** Closes every message; the model ends its answer with it. */
    END_OF_TURN("<|endofturn|>", "<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>"),
    /** Fills a batch; never part of a sequence. */
    PAD("<|pad|>", "<|finetune_right_pad_id|>", "<pad>", "[PAD]");

    private final List<String> names;

    ControlToken(String... names) {
        List<String> all = new ArrayList<>(List.of(names));
        all.add("<|alignstream_" + name().toLowerCase(Locale.ROOT) + "|>");
        this.names = List.copyOf(all);
    }

    /** The token's name in a {@code tokenizer.json} of Alignstream. */
    public String text() {
        return names.getFirst();
    }

    /** A name that no chat template of others writes. */
    public String reserve() {
        return names.getLast();
    }

    /** Names under which files of others have it, its own first. */
    public List<String> names() {
        return names;
    }
}
