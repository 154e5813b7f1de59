package io.alignstream.textcleaning;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Undoes the two usual wrong decodings: UTF-8 read as Windows-1252 ({@code â€™}, {@code ä¸­}) and GBK read as Latin-1
 * ({@code ÖÐÎÄ}).
 *
 * <p>That characters happen to be the bytes of valid UTF-8 proves nothing: {@code CAFÉ’s} is, too. So each {@linkplain
 * MisreadUtf8 place} is weighed, and one that proper text may hold is repaired only where the whole text was misread: it has
 * places that proper text never has, and nothing outside ASCII besides. A text is taken for GBK only if such runs are most of
 * its letters and what they give reads as Chinese does: common characters, the most frequent ones among them. What was lost
 * for good (U+FFFD, 锟斤拷) is left for the rule broken-encoding.
 */
final class Mojibake {

    private static final Charset GBK = Charset.forName("GBK");
    private static final double GBK_SHARE = 0.5;
    private static final int SHORTEST_GBK = 4;
    private static final int DEPTH = 3;

    private static final double COMMON_SHARE = 0.8;
    private static final double FREQUENT_SHARE = 0.04; // these are a quarter of running text
    private static final String MOST_FREQUENT =
            "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文";

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
        List<MisreadUtf8> places = MisreadUtf8.in(text);
        if (places.stream().noneMatch(MisreadUtf8::sure)) {
            return text;
        }
        boolean whole = nothingElse(text, places);
        StringBuilder out = new StringBuilder(text.length());
        int done = 0;
        for (MisreadUtf8 place : places) {
            if (whole || place.sure()) {
                out.append(text, done, place.begin()).append(place.meant());
                done = place.end();
            }
        }
        return out.append(text, done, text.length()).toString();
    }

    /** Whether all that is not ASCII belongs to {@code places}. */
    private static boolean nothingElse(String text, List<MisreadUtf8> places) {
        long inside =
                places.stream().mapToLong(place -> place.end() - place.begin()).sum();
        return text.chars().filter(c -> c >= 0x80).count() == inside;
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
        return readsAsChinese(decoded.toString()) ? decoded.toString() : text;
    }

    /** Any pair of Latin-1's letters is some Chinese character, so a list of accented letters is valid GBK. */
    private static boolean readsAsChinese(String text) {
        int characters = 0;
        int common = 0;
        int frequent = 0;
        int other = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x4E00 && c <= 0x9FA5) {
                characters++;
                common += isCommon(c) ? 1 : 0;
                frequent += MOST_FREQUENT.indexOf(c) >= 0 ? 1 : 0;
            } else if (c > 0x7F
                    && !(c >= 0x3000 && c <= 0x301F || c >= 0xFF00 && c <= 0xFF5E || "“”‘’…—".indexOf(c) >= 0)) {
                other++;
            }
        }
        return common >= COMMON_SHARE * (characters + other) && frequent >= Math.max(1, FREQUENT_SHARE * characters);
    }

    /** The first level of GB 2312: the 3,755 characters that nearly all text is written with. */
    private static boolean isCommon(char c) {
        byte[] bytes = String.valueOf(c).getBytes(GBK);
        int row = bytes[0] & 0xFF;
        return row >= 0xB0 && row <= 0xD7 && (bytes[1] & 0xFF) >= 0xA1;
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
}
