package io.alignstream.textcleaning;

import java.util.Arrays;
import java.util.Optional;

/** A cleaning rule, in the order in which they are applied; docs/data.md lists their limits. */
public enum Rule {
    MOJIBAKE("mojibake", Effect.REPAIR, "text that was decoded with the wrong encoding is decoded again"),
    CONTROL_CHARACTERS("control-characters", Effect.REPAIR, "control characters are removed, line ends unified"),
    UNICODE_NFC("unicode-nfc", Effect.REPAIR, "characters are composed (Unicode NFC)"),
    BOILERPLATE_LINES("boilerplate-lines", Effect.REPAIR, "lines of navigation, cookies and legal notes are removed"),
    TERMINAL_PUNCTUATION("c4-terminal-punctuation", Effect.REPAIR, "lines without a final punctuation are removed"),
    EMPTY("empty", Effect.DROP, "no text left after normalisation"),
    BROKEN_ENCODING("broken-encoding", Effect.DROP, "too many characters were lost by a wrong decoding"),
    LANGUAGE("language", Effect.DROP, "not in one of the wanted languages, or not surely"),
    GOPHER_WORDS("gopher-words", Effect.DROP, "too few or too many words"),
    GOPHER_WORD_LENGTH("gopher-word-length", Effect.DROP, "words are too short or too long on average"),
    GOPHER_SYMBOLS("gopher-symbols", Effect.DROP, "too many hash signs or ellipses"),
    GOPHER_BULLETS("gopher-bullets", Effect.DROP, "too many lines begin with a bullet"),
    GOPHER_ELLIPSES("gopher-ellipses", Effect.DROP, "too many lines end with an ellipsis"),
    GOPHER_ALPHABETIC("gopher-alphabetic", Effect.DROP, "too few words contain a letter"),
    GOPHER_STOP_WORDS("gopher-stop-words", Effect.DROP, "hardly any of the words that connect sentences"),
    GOPHER_REPEATED_LINES("gopher-repeated-lines", Effect.DROP, "too many lines stand there twice"),
    GOPHER_REPEATED_PARAGRAPHS("gopher-repeated-paragraphs", Effect.DROP, "too many paragraphs stand there twice"),
    GOPHER_TOP_NGRAM("gopher-top-ngram", Effect.DROP, "one phrase makes up too much of the text"),
    GOPHER_REPEATED_NGRAMS("gopher-repeated-ngrams", Effect.DROP, "repeated phrases make up too much of the text"),
    C4_SENTENCES("c4-sentences", Effect.DROP, "too few sentences"),
    C4_PLACEHOLDER("c4-placeholder", Effect.DROP, "placeholder text or program code"),
    FINEWEB_LINE_PUNCTUATION("fineweb-line-punctuation", Effect.DROP, "too few lines end with punctuation"),
    FINEWEB_REPEATED_LINES("fineweb-repeated-lines", Effect.DROP, "repeated lines make up too much of the text"),
    FINEWEB_SHORT_LINES("fineweb-short-lines", Effect.DROP, "too many lines are short"),
    CONTAMINATED("contaminated", Effect.DROP, "shares a phrase with an evaluation set"),
    PERSONAL_DATA(
            "personal-data",
            Effect.MASK,
            "e-mail addresses, phone, identity-card and bank-card numbers, IP addresses are" + " masked"),
    DUPLICATE("duplicate", Effect.DROP, "same normalised text as an earlier document"),
    NEAR_DUPLICATE("near-duplicate", Effect.DROP, "almost the same text as an earlier document");

    /** What a rule does with a document. */
    public enum Effect {
        REPAIR,
        DROP,
        MASK
    }

    private final String id;
    private final Effect effect;
    private final String description;

    Rule(String id, Effect effect, String description) {
        this.id = id;
        this.effect = effect;
        this.description = description;
    }

    /** The name in configuration, metrics and on the dashboard, for example {@code gopher-words}. */
    public String id() {
        return id;
    }

    public Effect effect() {
        return effect;
    }

    public String description() {
        return description;
    }

    /** The rule called {@code id}. */
    public static Optional<Rule> of(String id) {
        return Arrays.stream(values()).filter(rule -> rule.id.equals(id)).findFirst();
    }
}
