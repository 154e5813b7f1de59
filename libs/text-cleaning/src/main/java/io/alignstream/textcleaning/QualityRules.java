package io.alignstream.textcleaning;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gopher's, C4's and FineWeb's rules on one text; for one thread. */
final class QualityRules {

    private final CleaningProfile profile;
    private final Repetition repetition = new Repetition();

    /** A rule that a text breaks, and how. */
    record Broken(Rule rule, Fault fault) {}

    QualityRules(CleaningProfile profile) {
        this.profile = profile;
    }

    /** The first rule that {@code text} breaks, null if none. */
    @Nullable
    Broken check(String text, Words words) {
        boolean spaceless = words.spaceless() * 2 > words.count();
        Limits limits = spaceless ? Limits.SPACELESS : Limits.SPACED;
        Broken broken = words(text, words, spaceless, limits);
        if (broken == null) {
            broken = repetition(text, words, limits, spaceless);
        }
        return broken;
    }

    private @Nullable Broken words(String text, Words words, boolean spaceless, Limits limits) {
        TextMeasures is = TextMeasures.of(text, words, spaceless, limits.shortLine());
        Check check = new Check();
        check.between(
                Rule.GOPHER_WORDS,
                Fault.of(spaceless ? "characters" : "words"),
                is.words(),
                limits.fewestWords(),
                limits.mostWords());
        check.between(
                Rule.GOPHER_WORD_LENGTH,
                Fault.of(spaceless ? "charactersBetweenMarks" : "lettersPerWord"),
                is.meanLength(),
                limits.shortestWords(),
                limits.longestWords());
        check.atMost(
                Rule.GOPHER_SYMBOLS,
                Fault.of(spaceless ? "symbolsPerCharacter" : "symbolsPerWord"),
                is.symbols(),
                limits.symbols());
        check.atMost(Rule.GOPHER_BULLETS, Fault.of("bulletLines"), is.bullets(), limits.bullets());
        check.atMost(Rule.GOPHER_ELLIPSES, Fault.of("ellipsisLines"), is.ellipses(), limits.ellipses());
        check.atLeast(Rule.GOPHER_ALPHABETIC, Fault.of("withLetter"), is.alphabetic(), limits.alphabetic());
        check.atLeast(Rule.GOPHER_STOP_WORDS, Fault.of("connectives"), is.connectives(), limits.connectives());
        check.atLeast(Rule.C4_SENTENCES, Fault.of("sentences"), is.sentences(), limits.sentences());
        check.atLeast(
                Rule.FINEWEB_LINE_PUNCTUATION, Fault.of("punctuatedLines"), is.punctuated(), limits.punctuatedLines());
        check.atMost(Rule.FINEWEB_SHORT_LINES, Fault.of("shortLines"), is.shortLines(), limits.shortLines());
        check.atMost(
                Rule.FINEWEB_SHORT_LINES,
                Fault.of(spaceless ? "lineEndsPerCharacter" : "lineEndsPerWord"),
                is.newLines(),
                limits.newLines());
        if (check.broken == null && profile.has(Rule.C4_PLACEHOLDER)) {
            check.broken = placeholder(text);
        }
        return check.broken;
    }

    private static @Nullable Broken placeholder(String text) {
        if (text.indexOf('{') >= 0) {
            return new Broken(Rule.C4_PLACEHOLDER, Fault.of("curlyBracket"));
        }
        int lorem = text.indexOf("orem ipsum");
        return lorem > 0 && (text.charAt(lorem - 1) | 0x20) == 'l'
                ? new Broken(Rule.C4_PLACEHOLDER, Fault.of("loremIpsum"))
                : null;
    }

    private @Nullable Broken repetition(String text, Words words, Limits limits, boolean spaceless) {
        Check check = new Check();
        if (profile.has(Rule.GOPHER_REPEATED_LINES) || profile.has(Rule.FINEWEB_REPEATED_LINES)) {
            Repetition.Repeated lines = Repetition.parts(text, "\n");
            check.atMost(Rule.GOPHER_REPEATED_LINES, Fault.of("repeatedLines"), lines.share(), limits.repeatedLines());
            check.atMost(
                    Rule.GOPHER_REPEATED_LINES,
                    Fault.of("charactersInRepeatedLines"),
                    lines.characters(),
                    limits.repeatedLineCharacters());
            check.atMost(
                    Rule.FINEWEB_REPEATED_LINES,
                    Fault.of("charactersInRepeatedLines"),
                    lines.characters(),
                    limits.finewebRepeatedCharacters());
        }
        if (profile.has(Rule.GOPHER_REPEATED_PARAGRAPHS)) {
            Repetition.Repeated paragraphs = Repetition.parts(text, "\n\n");
            check.atMost(
                    Rule.GOPHER_REPEATED_PARAGRAPHS,
                    Fault.of("repeatedParagraphs"),
                    paragraphs.share(),
                    limits.repeatedParagraphs());
            check.atMost(
                    Rule.GOPHER_REPEATED_PARAGRAPHS,
                    Fault.of("charactersInRepeatedParagraphs"),
                    paragraphs.characters(),
                    limits.repeatedParagraphCharacters());
        }
        if (check.broken == null && profile.has(Rule.GOPHER_TOP_NGRAM)) {
            for (Map.Entry<Integer, Double> limit : limits.topNgrams().entrySet()) {
                double share = repetition.topNgram(text, words, limit.getKey());
                check.atMost(
                        Rule.GOPHER_TOP_NGRAM,
                        Fault.of(spaceless ? "topPhraseOfCharacters" : "topPhraseOfWords")
                                .with("length", limit.getKey()),
                        share,
                        limit.getValue());
            }
        }
        if (check.broken == null && profile.has(Rule.GOPHER_REPEATED_NGRAMS)) {
            for (Map.Entry<Integer, Double> limit : limits.repeatedNgrams().entrySet()) {
                double share = repetition.repeatedNgrams(text, words, limit.getKey());
                check.atMost(
                        Rule.GOPHER_REPEATED_NGRAMS,
                        Fault.of(spaceless ? "repeatedPhrasesOfCharacters" : "repeatedPhrasesOfWords")
                                .with("length", limit.getKey()),
                        share,
                        limit.getValue());
            }
        }
        return check.broken;
    }

    /** Remembers the first rule that is on and broken. */
    private final class Check {

        @Nullable
        Broken broken;

        void between(Rule rule, Fault what, double value, double least, double most) {
            atLeast(rule, what, value, least);
            atMost(rule, what, value, most);
        }

        void atLeast(Rule rule, Fault what, double value, double least) {
            if (broken == null && value < least && profile.has(rule)) {
                broken = new Broken(rule, compared(what, value, "<", least));
            }
        }

        void atMost(Rule rule, Fault what, double value, double most) {
            if (broken == null && value > most && profile.has(rule)) {
                broken = new Broken(rule, compared(what, value, ">", most));
            }
        }

        private static Fault compared(Fault what, double value, String relation, double bound) {
            return what.with("value", value).with("relation", relation).with("bound", bound);
        }
    }
}
