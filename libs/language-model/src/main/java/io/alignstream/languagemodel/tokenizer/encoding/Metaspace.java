package io.alignstream.languagemodel.tokenizer.encoding;

/**
 * Spaces as SentencePiece's tokenizers have them: a text gets one in front, so that a word at its beginning is the same
 * token as the word behind a space. Their files spell a space U+2581; that character in a text is a space, too.
 * Immutable.
 *
 * @param front what gets a space in front
 * @param doubles whether text that begins with a space gets one more
 * @param strips whether decoding takes one space off the front of a text
 */
public record Metaspace(Front front, boolean doubles, boolean strips) {

    /** How files spell a space. */
    public static final char SPELLED = '\u2581';

    /** What gets a space in front. */
    public enum Front {
        NOTHING,
        /** The text before its first added token. */
        TEXT,
        /** The text between any two added tokens. */
        EVERY_STRETCH
    }

    /** What stands before a stretch of text. */
    public enum Before {
        NOTHING,
        ADDED_TOKEN,
        /** Text: the stretch is cut off from it, but continues it. */
        TEXT
    }

    /** What a file's name of a token says in a text. */
    public static String spoken(String name) {
        return name.replace(SPELLED, ' ');
    }

    /** A stretch of text with its spaces. */
    public String spaced(String stretch, Before before) {
        String spaced = spoken(stretch);
        boolean opens =
                switch (front) {
                    case NOTHING -> false;
                    case TEXT -> before == Before.NOTHING;
                    case EVERY_STRETCH -> before != Before.TEXT;
                };
        return opens && !spaced.isEmpty() && (doubles || spaced.charAt(0) != ' ') ? ' ' + spaced : spaced;
    }
}
