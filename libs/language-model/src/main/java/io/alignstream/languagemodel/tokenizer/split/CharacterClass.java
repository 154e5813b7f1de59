package io.alignstream.languagemodel.tokenizer.split;

/**
 * What a code point is to the pre-tokenizers: letter, mark, number, white space or other, whether it is Han and of which case.
 *
 * <p>The classes are those of Java's Unicode version; a library with another version can differ on characters that one
 * of them does not know yet.
 */
public final class CharacterClass {

    static final int OTHER = 0;
    static final int LETTER = 1;
    static final int MARK = 2;
    static final int NUMBER = 3;
    static final int SPACE = 4;
    /** Set on top of the others for the Han script. */
    static final int HAN = 8;

    /** Set on top of the others for letters that are upper or title case only, and for those that are lower case only. */
    static final int UPPER = 16;

    static final int LOWER = 32;

    /** What is left without {@link #HAN}, {@link #UPPER} and {@link #LOWER}. */
    static final int GENERAL = 7;

    /** Class of every code point of the basic plane, [65536]. */
    private static final byte[] BASIC_PLANE = new byte[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    static {
        for (int codePoint = 0; codePoint < BASIC_PLANE.length; codePoint++) {
            BASIC_PLANE[codePoint] = (byte) classify(codePoint);
        }
    }

    private CharacterClass() {}

    /** Class of the code point that begins at {@code at}, with {@link #HAN}. */
    static int at(char[] text, int at, int limit) {
        return casedAt(text, at, limit) & (GENERAL | HAN);
    }

    /** Class of the code point that begins at {@code at}, with everything that is set on top. */
    static int casedAt(char[] text, int at, int limit) {
        char first = text[at];
        return Character.isHighSurrogate(first) ? classify(Character.codePointAt(text, at, limit)) : BASIC_PLANE[first];
    }

    /** Class of the code point that begins at {@code at}, whatever its script. */
    static int generalAt(char[] text, int at, int limit) {
        return casedAt(text, at, limit) & GENERAL;
    }

    /** Chars of the code point that begins at {@code at} of a text without unpaired surrogates. */
    public static int width(char[] text, int at) {
        return Character.isHighSurrogate(text[at]) ? 2 : 1;
    }

    /** Whether the code point is written in the Han script. */
    public static boolean isHan(int codePoint) {
        return ((codePoint < BASIC_PLANE.length ? BASIC_PLANE[codePoint] : classify(codePoint)) & HAN) != 0;
    }

    /** Whether a pattern's {@code \s} takes the character. */
    public static boolean isSpace(char character) {
        return (BASIC_PLANE[character] & GENERAL) == SPACE;
    }

    private static int classify(int codePoint) {
        int general =
                switch (Character.getType(codePoint)) {
                    case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER;
                    case Character.LOWERCASE_LETTER -> LETTER | LOWER;
                    case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER;
                    case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> MARK;
                    case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
                    case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
                    default -> (codePoint >= '\t' && codePoint <= '\r') || codePoint == 0x85 ? SPACE : OTHER;
                };
        boolean han = Character.UnicodeScript.of(codePoint) == Character.UnicodeScript.HAN;
        return han ? general | HAN : general;
    }
}
