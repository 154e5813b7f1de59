package io.alignstream.textcleaning;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Undoes the two usual wrong decodings: UTF-8 read as Windows-1252 ({@code â€™}, {@code ä¸­}) and GBK read as Latin-1
 * ({@code ÖÐÎÄ}).
 *
 * <p>Runs of characters outside ASCII are turned back into the bytes they came from and kept if these are valid UTF-8
 * throughout: text that was decoded properly practically never is, since a letter such as Ã is hardly ever followed by a
 * symbol. A text is taken for GBK only if such runs are most of its letters and nearly all of them give common Chinese
 * characters. What was lost for good (U+FFFD, 锟斤拷) is left for the rule broken-encoding.
 */
final class Mojibake {

    private static final Charset GBK = Charset.forName("GBK");
    private static final double GBK_SHARE = 0.5;
    private static final int SHORTEST_GBK = 4;
    private static final int DEPTH = 3;

    /** Windows-1252's characters for the bytes 0x80 to 0x9F; bytes without one stay what they are. */
    private static final String WINDOWS_1252 =
            "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039"
                    + "\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153"
                    + "\u009D\u017E\u0178";

    private Mojibake() {}

    /** The text as it was meant; {@code text} itself if nothing is wrong with it. */
    static String repair(String text) {
        String repaired = text;
        // Text goes wrong more than once when it passes several programs.
        for (int i = 0; i < DEPTH; i++) {
            String once = repairOnce(repaired);
            if (once.equals(repaired)) {
                break;
            }
            repaired = once;
        }
        return repaired;
    }

    private static String repairOnce(String text) {
        if (!hasLatin1(text)) {
            return text;
        }
        // GBK first: its byte pairs are at times valid UTF-8, while UTF-8 is hardly ever without a byte below 0xA1.
        String gbk = repairGbk(text);
        return gbk.equals(text) ? repairUtf8(text) : gbk;
    }

    private static boolean hasLatin1(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80 && c <= 0xFF) {
                return true;
            }
        }
        return false;
    }

    private static String repairUtf8(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            int end = i;
            while (end < text.length() && byteOf(text.charAt(end)) >= 0x80) {
                end++;
            }
            if (end == i) {
                out.append(text.charAt(i++));
            } else {
                out.append(decodeRun(text, i, end));
                i = end;
            }
        }
        return out.toString();
    }

    /** Decodes the stretches of a run that are valid UTF-8 of at least two bytes; the rest stays. */
    private static String decodeRun(String text, int begin, int end) {
        StringBuilder out = new StringBuilder(end - begin);
        int i = begin;
        while (i < end) {
            int length = sequenceLength(text, i, end);
            if (length == 0) {
                out.append(text.charAt(i++));
            } else {
                byte[] bytes = new byte[length];
                for (int j = 0; j < length; j++) {
                    bytes[j] = (byte) byteOf(text.charAt(i + j));
                }
                out.append(new String(bytes, StandardCharsets.UTF_8));
                i += length;
            }
        }
        return out.toString();
    }

    /** Length of the UTF-8 sequence that begins at {@code i}, 0 if there is none. */
    private static int sequenceLength(String text, int i, int end) {
        int lead = byteOf(text.charAt(i));
        int length = lead >= 0xC2 && lead <= 0xDF
                ? 2
                : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
        if (length == 0 || i + length > end) {
            return 0;
        }
        byte[] bytes = new byte[length];
        for (int j = 0; j < length; j++) {
            bytes[j] = (byte) byteOf(text.charAt(i + j));
        }
        return decode(bytes, StandardCharsets.UTF_8) == null ? 0 : length;
    }

    private static String repairGbk(String text) {
        int letters = 0;
        int high = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0xA1 && c <= 0xFE) {
                high++;
            } else if (Character.isLetter(c)) {
                letters++;
            }
        }
        if (high < SHORTEST_GBK || high < GBK_SHARE * (high + letters)) {
            return text;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0xFE || c >= 0x80 && c < 0xA1) {
                return text;
            }
        }
        CharBuffer decoded = decode(text.getBytes(StandardCharsets.ISO_8859_1), GBK);
        if (decoded == null) {
            return text;
        }
        String chinese = decoded.toString();
        long common = chinese.codePoints().filter(Mojibake::isCommonChinese).count();
        long other = chinese.codePoints().filter(c -> c > 0x7F).count();
        return common >= 0.8 * other ? chinese : text;
    }

    private static boolean isCommonChinese(int c) {
        return c >= 0x4E00 && c <= 0x9FA5 || c >= 0x3000 && c <= 0x301F || c >= 0xFF00 && c <= 0xFF5E;
    }

    private static @Nullable CharBuffer decode(byte[] bytes, Charset charset) {
        try {
            return charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** The byte that Windows-1252 shows as {@code c}, -1 if there is none. */
    private static int byteOf(char c) {
        if (c <= 0xFF) { // Latin-1 shows the bytes 0x80 to 0x9F as control characters
            return c;
        }
        int index = WINDOWS_1252.indexOf(c);
        return index < 0 ? -1 : 0x80 + index;
    }
}
