package io.alignstream.textcleaning;

import java.util.Arrays;
import java.util.Optional;

/** A cleaning rule, in the order in which they are applied; docs/data.md lists their limits. */
public enum Rule {
    MOJIBAKE("mojibake", Effect.REPAIR),
    CONTROL_CHARACTERS("control-characters", Effect.REPAIR),
    UNICODE_NFC("unicode-nfc", Effect.REPAIR),
    BOILERPLATE_LINES("boilerplate-lines", Effect.REPAIR),
    TERMINAL_PUNCTUATION("c4-terminal-punctuation", Effect.REPAIR),
    EMPTY("empty", Effect.DROP),
    BROKEN_ENCODING("broken-encoding", Effect.DROP),
    LANGUAGE("language", Effect.DROP),
    GOPHER_WORDS("gopher-words", Effect.DROP),
    GOPHER_WORD_LENGTH("gopher-word-length", Effect.DROP),
    GOPHER_SYMBOLS("gopher-symbols", Effect.DROP),
    GOPHER_BULLETS("gopher-bullets", Effect.DROP),
    GOPHER_ELLIPSES("gopher-ellipses", Effect.DROP),
    GOPHER_ALPHABETIC("gopher-alphabetic", Effect.DROP),
    GOPHER_STOP_WORDS("gopher-stop-words", Effect.DROP),
    GOPHER_REPEATED_LINES("gopher-repeated-lines", Effect.DROP),
    GOPHER_REPEATED_PARAGRAPHS("gopher-repeated-paragraphs", Effect.DROP),
    GOPHER_TOP_NGRAM("gopher-top-ngram", Effect.DROP),
    GOPHER_REPEATED_NGRAMS("gopher-repeated-ngrams", Effect.DROP),
    C4_SENTENCES("c4-sentences", Effect.DROP),
    C4_PLACEHOLDER("c4-placeholder", Effect.DROP),
    FINEWEB_LINE_PUNCTUATION("fineweb-line-punctuation", Effect.DROP),
    FINEWEB_REPEATED_LINES("fineweb-repeated-lines", Effect.DROP),
    FINEWEB_SHORT_LINES("fineweb-short-lines", Effect.DROP),
    CONTAMINATED("contaminated", Effect.DROP),
    PERSONAL_DATA("personal-data", Effect.MASK),
    DUPLICATE("duplicate", Effect.DROP),
    NEAR_DUPLICATE("near-duplicate", Effect.DROP);

    /** What a rule does with a document. */
    public enum Effect {
        REPAIR,
        DROP,
        MASK
    }

    private final String id;
    private final Effect effect;

    Rule(String id, Effect effect) {
        this.id = id;
        this.effect = effect;
    }

    /** The name in configuration, metrics and on the dashboard, for example {@code gopher-words}. */
    public String id() {
        return id;
    }

    public Effect effect() {
        return effect;
    }

    /** The rule called {@code id}. */
    public static Optional<Rule> of(String id) {
        return Arrays.stream(values()).filter(rule -> rule.id.equals(id)).findFirst();
    }
}
