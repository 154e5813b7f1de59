package io.alignstream.inference.explorer;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What may be asked, and how much of it: the bodies of the explorer's calls, whose values are checked as they are taken. */
final class Questions {

    static final int LONGEST_TEXT = 500;
    static final int LONGEST_WORD = 100;
    static final int MOST_CANDIDATES = 20;
    static final int MOST_TERMS = 6;
    /** Texts in which a word means one thing. */
    static final int MOST_TEXTS = 6;
    /** Attention takes memory and space on a page with the square of the text's length. */
    static final int MOST_TOKENS = 96;
    /** Blanks of a text. */
    static final int MOST_BLANKS = 8;
    /** Tokens that were drawn behind a prompt. */
    static final int MOST_TAKEN = 200;

    private static final int SHOWN = 40;

    /** BERT's mask, that of the models here, and the sign with which Chinese keyboards bracket. */
    private static final Pattern BLANK = Pattern.compile("\\[MASK]|<mask>|【MASK】", Pattern.CASE_INSENSITIVE);

    private Questions() {}

    /**
     * How probable each candidate is behind a prompt.
     *
     * @param separator stands between prompt and candidate where a base model is asked, for example a colon
     */
    public record Candidates(
            @Nullable String version,
            @Nullable String prompt,
            @Nullable String separator,
            @Nullable List<@Nullable String> candidates) {}

    /**
     * What comes next.
     *
     * @param taken tokens that were drawn already, behind the prompt
     * @param rank of the token that was drawn last, from 0, and is not in {@code taken} yet; null if none was
     */
    public record Next(
            @Nullable String version,
            @Nullable String prompt,
            @Nullable List<@Nullable Integer> taken,
            @Nullable Integer rank) {}

    /** What the heads of a layer take from where. */
    public record Attention(@Nullable String version, @Nullable String text, @Nullable Integer layer) {}

    /** What is near to words that are added and subtracted. */
    public record Words(
            @Nullable String version, @Nullable List<@Nullable String> plus, @Nullable List<@Nullable String> minus) {}

    /** A word in texts that mean two things by it. */
    public record Contexts(
            @Nullable String version,
            @Nullable String word,
            @Nullable List<@Nullable String> first,
            @Nullable List<@Nullable String> second) {}

    /** What may stand where a text says {@code [MASK]}. */
    public record Blanks(@Nullable String text) {}

    /** What a pronoun stands for, in a set of sentences. */
    public record Pronouns(@Nullable String version, @Nullable String language) {}

    /** What stands before, between and behind the blanks of a text, one piece more than there are. */
    static List<String> pieces(@Nullable String text) {
        List<String> pieces = List.of(BLANK.split(text("text", text, LONGEST_TEXT), -1));
        if (pieces.size() < 2 || pieces.size() > MOST_BLANKS + 1) {
            throw new InvalidInputException(Reason.of("explorer.blanks.count")
                    .with("count", pieces.size() - 1)
                    .with("most", MOST_BLANKS));
        }
        return pieces;
    }

    /** A text that is there and no longer than {@code most} characters. */
    static String text(String field, @Nullable String text, int most) {
        if (text == null || text.isBlank()) {
            throw new InvalidInputException(Reason.of("explorer.noText").with("field", field));
        }
        return bounded(field, text, most);
    }

    /** A text that may be empty; empty if it is not there. */
    static String anyText(String field, @Nullable String text, int most) {
        return bounded(field, text == null ? "" : text, most);
    }

    private static String bounded(String field, String text, int most) {
        if (text.length() > most) {
            throw new InvalidInputException(Reason.of("explorer.longText")
                    .with("field", field)
                    .with("characters", text.length())
                    .with("most", most));
        }
        return text;
    }

    /** {@code least} to {@code most} texts, each there and bounded, none twice. */
    static List<String> texts(String field, @Nullable List<@Nullable String> texts, int least, int most, int longest) {
        List<@Nullable String> given = texts == null ? List.of() : texts;
        if (given.size() < least || given.size() > most) {
            throw new InvalidInputException(Reason.of("explorer.count")
                    .with("field", field)
                    .with("count", given.size())
                    .with("least", least)
                    .with("most", most));
        }
        List<String> checked = given.stream()
                .map(text -> text(field, text, longest))
                .distinct()
                .toList();
        if (checked.size() < given.size()) {
            throw new InvalidInputException(Reason.of("explorer.twice").with("field", field));
        }
        return checked;
    }

    /** Ids of a vocabulary of {@code size}. */
    static int[] ids(@Nullable List<@Nullable Integer> ids, int size) {
        List<@Nullable Integer> given = ids == null ? List.of() : ids;
        if (given.size() > MOST_TAKEN) {
            throw new InvalidInputException(Reason.of("explorer.count")
                    .with("field", "taken")
                    .with("count", given.size())
                    .with("least", 0)
                    .with("most", MOST_TAKEN));
        }
        return given.stream().mapToInt(id -> whole("taken", id, size)).toArray();
    }

    /** A whole number from 0 to below {@code size}. */
    static int whole(String field, @Nullable Integer value, int size) {
        if (value == null || value < 0 || value >= size) {
            throw new InvalidInputException(Reason.of("explorer.range")
                    .with("field", field)
                    .with("value", Objects.toString(value))
                    .with("most", size - 1));
        }
        return value;
    }

    /** The beginning of what somebody wrote, to be said back. */
    static String cut(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
