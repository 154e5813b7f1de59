package io.alignstream.textcleaning;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gopher's, C4's and FineWeb's rules on one text; for one thread. */
final class QualityRules {

    private final CleaningProfile profile;
    private final Repetition repetition = new Repetition();

    /** A rule that a text breaks, with the figure that is not allowed. */
    record Broken(Rule rule, String figure) {}

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
        String unit = spaceless ? "character" : "word";
        check.between(Rule.GOPHER_WORDS, unit + "s", is.words(), limits.fewestWords(), limits.mostWords());
        check.between(
                Rule.GOPHER_WORD_LENGTH,
                spaceless ? "characters between punctuation marks" : "letters a word",
                is.meanLength(),
                limits.shortestWords(),
                limits.longestWords());
        check.atMost(Rule.GOPHER_SYMBOLS, "symbols a " + unit, is.symbols(), limits.symbols());
        check.atMost(Rule.GOPHER_BULLETS, "share of lines with a bullet", is.bullets(), limits.bullets());
        check.atMost(Rule.GOPHER_ELLIPSES, "share of lines with an ellipsis", is.ellipses(), limits.ellipses());
        check.atLeast(Rule.GOPHER_ALPHABETIC, "share with a letter", is.alphabetic(), limits.alphabetic());
        check.atLeast(Rule.GOPHER_STOP_WORDS, "different connectives", is.connectives(), limits.connectives());
        check.atLeast(Rule.C4_SENTENCES, "sentences", is.sentences(), limits.sentences());
        check.atLeast(
                Rule.FINEWEB_LINE_PUNCTUATION,
                "share of lines with punctuation",
                is.punctuated(),
                limits.punctuatedLines());
        check.atMost(Rule.FINEWEB_SHORT_LINES, "share of short lines", is.shortLines(), limits.shortLines());
        check.atMost(Rule.FINEWEB_SHORT_LINES, "line ends a " + unit, is.newLines(), limits.newLines());
        if (check.broken == null && profile.has(Rule.C4_PLACEHOLDER)) {
            check.broken = placeholder(text);
        }
        return check.broken;
    }

    private static @Nullable Broken placeholder(String text) {
        if (text.indexOf('{') >= 0) {
            return new Broken(Rule.C4_PLACEHOLDER, "a curly bracket");
        }
        int lorem = text.indexOf("orem ipsum");
        return lorem > 0 && (text.charAt(lorem - 1) | 0x20) == 'l'
                ? new Broken(Rule.C4_PLACEHOLDER, "lorem ipsum")
                : null;
    }

    private @Nullable Broken repetition(String text, Words words, Limits limits, boolean spaceless) {
        String units = spaceless ? " characters" : " words";
        Check check = new Check();
        if (profile.has(Rule.GOPHER_REPEATED_LINES) || profile.has(Rule.FINEWEB_REPEATED_LINES)) {
            Repetition.Repeated lines = Repetition.parts(text, "\n");
            check.atMost(Rule.GOPHER_REPEATED_LINES, "share of repeated lines", lines.share(), limits.repeatedLines());
            check.atMost(
                    Rule.GOPHER_REPEATED_LINES,
                    "share of characters in repeated lines",
                    lines.characters(),
                    limits.repeatedLineCharacters());
            check.atMost(
                    Rule.FINEWEB_REPEATED_LINES,
                    "share of characters in repeated lines",
                    lines.characters(),
                    limits.finewebRepeatedCharacters());
        }
        if (profile.has(Rule.GOPHER_REPEATED_PARAGRAPHS)) {
            Repetition.Repeated paragraphs = Repetition.parts(text, "\n\n");
            check.atMost(
                    Rule.GOPHER_REPEATED_PARAGRAPHS,
                    "share of repeated paragraphs",
                    paragraphs.share(),
                    limits.repeatedParagraphs());
            check.atMost(
                    Rule.GOPHER_REPEATED_PARAGRAPHS,
                    "share of characters in repeated paragraphs",
                    paragraphs.characters(),
                    limits.repeatedParagraphCharacters());
        }
        if (check.broken == null && profile.has(Rule.GOPHER_TOP_NGRAM)) {
            for (Map.Entry<Integer, Double> limit : limits.topNgrams().entrySet()) {
                double share = repetition.topNgram(text, words, limit.getKey());
                check.atMost(
                        Rule.GOPHER_TOP_NGRAM,
                        "share of one phrase of " + limit.getKey() + units,
                        share,
                        limit.getValue());
            }
        }
        if (check.broken == null && profile.has(Rule.GOPHER_REPEATED_NGRAMS)) {
            for (Map.Entry<Integer, Double> limit : limits.repeatedNgrams().entrySet()) {
                double share = repetition.repeatedNgrams(text, words, limit.getKey());
                check.atMost(
                        Rule.GOPHER_REPEATED_NGRAMS,
                        "share of repeated phrases of " + limit.getKey() + units,
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

        void between(Rule rule, String what, double value, double least, double most) {
            atLeast(rule, what, value, least);
            atMost(rule, what, value, most);
        }

        void atLeast(Rule rule, String what, double value, double least) {
            if (broken == null && value < least && profile.has(rule)) {
                broken = new Broken(rule, what + " " + figure(value) + " < " + figure(least));
            }
        }

        void atMost(Rule rule, String what, double value, double most) {
            if (broken == null && value > most && profile.has(rule)) {
                broken = new Broken(rule, what + " " + figure(value) + " > " + figure(most));
            }
        }

        private String figure(double value) {
            return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.3f", value);
        }
    }
}
