package io.alignstream.languagemodel.tokenizer.jinja;

/**
 * Text whose every character knows where it comes from; texts are equal if their characters are. Immutable.
 *
 * @param value the text
 * @param origins of each char of {@code value} one char: {@link #TEMPLATE}, or the number that {@link #of} was given
 */
public record MarkedText(String value, String origins) {

    /** Origin of what the template says itself. */
    public static final char TEMPLATE = 0;

    /** Most chars that a text can have. */
    static final int MAX_LENGTH = 1 << 25;

    static final MarkedText EMPTY = new MarkedText("", "");

    public MarkedText {
        if (value.length() != origins.length()) {
            throw new IllegalArgumentException(value.length() + " chars with " + origins.length() + " origins");
        }
    }

    /** A text that comes from {@code origin} as a whole. */
    public static MarkedText of(String value, char origin) {
        return new MarkedText(value, String.valueOf(origin).repeat(value.length()));
    }

    static MarkedText template(String value) {
        return of(value, TEMPLATE);
    }

    /** Number of chars. */
    public int length() {
        return value.length();
    }

    /** The chars from {@code begin} to {@code end}, exclusive. */
    public MarkedText substring(int begin, int end) {
        return new MarkedText(value.substring(begin, end), origins.substring(begin, end));
    }

    MarkedText plus(MarkedText other) {
        return new Builder().append(this).append(other).build();
    }

    /** Another text of the same characters; where their number differs, all have the origin of the first one typed. */
    MarkedText changed(String other) {
        if (other.length() == value.length()) {
            return new MarkedText(other, origins);
        }
        int typed =
                origins.chars().filter(origin -> origin != TEMPLATE).findFirst().orElse(TEMPLATE);
        return of(other, (char) typed);
    }

    boolean isEmpty() {
        return value.isEmpty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MarkedText text && value.equals(text.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }

    /** Joins texts; not thread-safe. */
    static final class Builder {
        private final StringBuilder value = new StringBuilder();
        private final StringBuilder origins = new StringBuilder();

        Builder append(MarkedText text) {
            if (value.length() + text.length() > MAX_LENGTH) {
                throw TemplateException.refused("the text has more than " + MAX_LENGTH + " characters");
            }
            value.append(text.value);
            origins.append(text.origins);
            return this;
        }

        Builder append(String template) {
            value.append(template);
            origins.repeat(TEMPLATE, template.length());
            return this;
        }

        /** What stands for a char of another text. */
        Builder append(String instead, char origin) {
            value.append(instead);
            origins.repeat(origin, instead.length());
            return this;
        }

        MarkedText build() {
            return new MarkedText(value.toString(), origins.toString());
        }
    }
}
