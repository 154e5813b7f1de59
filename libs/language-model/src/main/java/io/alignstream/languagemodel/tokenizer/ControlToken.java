package io.alignstream.languagemodel.tokenizer;

/** A token that structures sequences and that no text can produce. */
public enum ControlToken {
    /** Between two documents of a packed training sequence. */
    END_OF_DOCUMENT("<|endofdocument|>"),
    /** Opens a message of the user. */
    USER("<|user|>"),
    /** Opens a message of the assistant. */
    ASSISTANT("<|assistant|>"),
    /** Opens a message of the operator. */
    SYSTEM("<|system|>"),
    /** Closes every message; the model ends its answer with it. */
    END_OF_TURN("<|endofturn|>"),
    /** Fills a batch; never part of a sequence. */
    PAD("<|pad|>");

    private final String text;

    ControlToken(String text) {
        this.text = text;
    }

    /** The token's name in {@code tokenizer.json}. */
    public String text() {
        return text;
    }
}
