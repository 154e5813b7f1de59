package io.alignstream.languagemodel.tokenizer;

/**
 * Cuts text into the pieces that merges never cross.
 *
 * <p>In this order: a run of Han characters; a word of letters and combining marks, with the one space before it; one to
 * three digits; white space, leaving the last space to the word that follows; any other code point alone. Words and Han
 * runs exclude each other. {@link #PATTERN} says the same as the regular expression that {@code tokenizer.json} carries.
 *
 * <p>The classes are those of Java's Unicode version; a library with another version can differ on characters that one
 * of them does not know yet. Linear time, no state, thread-safe.
 */
final class PreTokenizer {

    static final String PATTERN = "\\p{Han}+"
            + "| ?[\\p{L}&&[^\\p{Han}]][\\p{L}\\p{M}&&[^\\p{Han}]]*"
            + "|[\\p{N}&&[^\\p{Han}]]{1,3}"
            + "|\\s+(?= [\\p{L}&&[^\\p{Han}]])"
            + "|\\s+"
            + "|.";

    private static final int MAX_DIGITS = 3;
    private static final byte OTHER = 0;
    private static final byte HAN = 1;
    private static final byte LETTER = 2;
    private static final byte MARK = 3;
    private static final byte DIGIT = 4;
    private static final byte SPACE = 5;

    /** Class of every code point of the basic plane, [65536]. */
    private static final byte[] BASIC_PLANE = new byte[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    static {
        for (int codePoint = 0; codePoint < BASIC_PLANE.length; codePoint++) {
            BASIC_PLANE[codePoint] = classify(codePoint);
        }
    }

    private PreTokenizer() {}

    /** The end (exclusive) of the piece that begins at {@code start}, which must be below the text's length. */
    static int end(String text, int start) {
        int first = text.codePointAt(start);
        int next = start + Character.charCount(first);
        return switch (classOf(first)) {
            case HAN -> endOfHan(text, next);
            case LETTER -> endOfWord(text, next);
            case DIGIT -> endOfDigits(text, next);
            case SPACE -> first == ' ' && isLetter(text, next) ? endOfWord(text, next) : endOfSpace(text, next);
            default -> next;
        };
    }

    /** Whether the code point is written in the Han script. */
    static boolean isHan(int codePoint) {
        return classOf(codePoint) == HAN;
    }

    private static int endOfHan(String text, int from) {
        int at = from;
        while (at < text.length() && classAt(text, at) == HAN) {
            at += width(text, at);
        }
        return at;
    }

    private static int endOfWord(String text, int from) {
        int at = from;
        while (at < text.length() && (classAt(text, at) == LETTER || classAt(text, at) == MARK)) {
            at += width(text, at);
        }
        return at;
    }

    private static int endOfDigits(String text, int from) {
        int at = from;
        for (int digits = 1; digits < MAX_DIGITS && at < text.length() && classAt(text, at) == DIGIT; digits++) {
            at += width(text, at);
        }
        return at;
    }

    private static int endOfSpace(String text, int from) {
        int at = from;
        while (at < text.length() && classAt(text, at) == SPACE) {
            at++; // all white space is in the basic plane
        }
        return at > from && text.charAt(at - 1) == ' ' && isLetter(text, at) ? at - 1 : at;
    }

    private static boolean isLetter(String text, int at) {
        return at < text.length() && classAt(text, at) == LETTER;
    }

    private static byte classAt(String text, int at) {
        return classOf(text.codePointAt(at));
    }

    private static int width(String text, int at) {
        return Character.charCount(text.codePointAt(at));
    }

    private static byte classOf(int codePoint) {
        return codePoint < BASIC_PLANE.length ? BASIC_PLANE[codePoint] : classify(codePoint);
    }

    private static byte classify(int codePoint) {
        if (Character.UnicodeScript.of(codePoint) == Character.UnicodeScript.HAN) {
            return HAN;
        }
        return switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> MARK;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> DIGIT;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            default -> (codePoint >= '\t' && codePoint <= '\r') || codePoint == 0x85 ? SPACE : OTHER;
        };
    }
}
