package io.alignstream.textcleaning;

import java.text.Normalizer;

/**
 * A text in the one form that the pipeline knows: Unicode NFC, line ends as {@code \n}, no control characters other
 * than tab and line end, no white space at either end. Immutable.
 *
 * @param text may be empty
 */
public record NormalisedText(String text) {

    private static final char REPLACEMENT = '\uFFFD';

    /** Normalises {@code raw}; an unpaired surrogate becomes U+FFFD, as no encoding could carry it. */
    public static NormalisedText of(String raw) {
        return new NormalisedText(trim(composed(withoutControls(raw))));
    }

    public boolean isEmpty() {
        return text.isEmpty();
    }

    /** {@code text} in Unicode NFC. */
    static String composed(String text) {
        return Normalizer.isNormalized(text, Normalizer.Form.NFC)
                ? text
                : Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    /** {@code raw} with line ends as {@code \n} and without other control characters than tab. */
    static String withoutControls(String raw) {
        StringBuilder out = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < raw.length() && Character.isLowSurrogate(raw.charAt(i + 1))) {
                out.append(c).append(raw.charAt(++i));
            } else if (Character.isSurrogate(c)) {
                out.append(REPLACEMENT);
            } else if (isLineEnd(c)) {
                out.append('\n');
                if (c == '\r' && i + 1 < raw.length() && raw.charAt(i + 1) == '\n') {
                    i++;
                }
            } else if (c == '\t' || !(Character.isISOControl(c) || c == '\uFEFF')) {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static boolean isLineEnd(char c) {
        return c == '\n' || c == '\r' || c == '\u0085' || c == '\u2028' || c == '\u2029';
    }

    /** {@code text} without white space at either end. */
    static String trim(String text) {
        int begin = 0;
        int end = text.length();
        while (begin < end && isSpace(text.charAt(begin))) {
            begin++;
        }
        while (end > begin && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(begin, end);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }
}
