package io.alignstream.tokenizer;

/** What became of a document, with the reason that the dashboard shows. */
public enum Outcome {
    KEPT("kept", "published to clean-documents"),
    EMPTY("empty", "no text left after normalisation"),
    DUPLICATE("duplicate", "same normalised text as an earlier document"),
    POISON("poison", "not a valid document; stands in documents.dead-letters with its reason");

    private final String id;
    private final String reason;

    Outcome(String id, String reason) {
        this.id = id;
        this.reason = reason;
    }

    /** The name in metrics and JSON, for example {@code duplicate}. */
    public String id() {
        return id;
    }

    public String reason() {
        return reason;
    }
}
