package io.alignstream.textcleaning;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place where the bytes of one UTF-8 character seem to stand as two to four characters of Windows-1252 or Latin-1.
 *
 * @param begin of its characters in the text
 * @param end behind them
 * @param meant the character that the bytes are
 * @param sure whether proper text does not have these characters there
 */
record MisreadUtf8(int begin, int end, String meant, boolean sure) {

    /** Windows-1252's characters for the bytes 0x80 to 0x9F; bytes without one stay what they are. */
    private static final String WINDOWS_1252 =
            "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039"
                    + "\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153"
                    + "\u009D\u017E\u0178";

    /** What proper text may have behind an accented letter: closing marks, dashes, raised figures, Czech letters. */
    private static final String FOLLOWERS = "…†‡Š‹Ž‘’“”•–—™š›ž\u00A0¡£©ª«\u00AD®°±²³´·¹º»¿";

    /** The places in {@code text}, from left to right. */
    static List<MisreadUtf8> in(String text) {
        List<MisreadUtf8> places = new ArrayList<>();
        int runBegin = 0;
        int i = 0;
        while (i < text.length()) {
            int end = text.charAt(i) < 0x80 ? i : end(text, i);
            String meant = end == i ? null : meant(text, i, end);
            if (meant == null) {
                i++;
                continue;
            }
            boolean goesOn = !places.isEmpty() && places.getLast().end == i;
            runBegin = goesOn ? runBegin : places.size();
            places.add(new MisreadUtf8(i, end, meant, isSure(text, i, end, meant)));
            trustRun(places, runBegin);
            i = end;
        }
        return places;
    }

    /** Several different ones side by side do not happen by chance. */
    private static void trustRun(List<MisreadUtf8> places, int runBegin) {
        MisreadUtf8 last = places.getLast();
        List<MisreadUtf8> run = places.subList(runBegin, places.size());
        if (run.stream().anyMatch(place -> !place.meant.equals(last.meant))) {
            run.replaceAll(place -> place.sure ? place : new MisreadUtf8(place.begin, place.end, place.meant, true));
        }
    }

    /** Where the sequence that begins at {@code i} would end; {@code i} if none begins there. */
    private static int end(String text, int i) {
        int lead = byteOf(text.charAt(i));
        int length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 ? 4 : 0;
        return lead > 0xF4 || i + length > text.length() ? i : i + length;
    }

    private static @Nullable String meant(String text, int begin, int end) {
        byte[] bytes = new byte[end - begin];
        for (int i = begin; i < end; i++) {
            int value = byteOf(text.charAt(i));
            if (value < 0x80) {
                return null;
            }
            bytes[i - begin] = (byte) value;
        }
        try {
            String meant = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            int type = Character.getType(meant.codePointAt(0));
            return type == Character.UNASSIGNED || type == Character.PRIVATE_USE ? null : meant;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static boolean isSure(String text, int begin, int end, String meant) {
        int second = byteOf(text.charAt(begin + 1));
        boolean follows = FOLLOWERS.indexOf(shown(second)) >= 0;
        if (end - begin > 2) {
            return !follows || meant.equals("\uFEFF");
        }
        char before = begin == 0 ? ' ' : text.charAt(begin - 1);
        char after = end == text.length() ? ' ' : text.charAt(end);
        boolean insideWord = Character.isLowerCase(before); // no capital follows there
        return switch (byteOf(text.charAt(begin))) {
            case 0xC2 -> second >= 0xA0 && (!follows || !Character.isUpperCase(before));
            case 0xC3 ->
                !follows
                        || insideWord
                        || second >= 0xA0 && Character.isLowerCase(after)
                        || !Character.isLetter(before)
                                && (second == 0xA0 || second != 0x92 && Character.isLetter(after)); // “many Ã’s”
            // Å is a unit, too: nmÅ…
            case 0xC4, 0xC5 -> !follows || insideWord && Character.isLetter(after);
            case 0xC8 -> insideWord && second >= 0x98 && second <= 0x9B; // Romanian
            case 0xCE, 0xCF, 0xD0, 0xD1 -> !follows; // a Greek letter in a formula
            default -> false; // other scripts write more than one letter; × and Ø stand before figures
        };
    }

    /** What Windows-1252 shows for a byte. */
    private static char shown(int value) {
        return value >= 0x80 && value < 0xA0 ? WINDOWS_1252.charAt(value - 0x80) : (char) value;
    }

    /** The byte that Windows-1252 or Latin-1 shows as {@code c}, -1 if there is none. */
    private static int byteOf(char c) {
        if (c <= 0xFF) { // Latin-1 shows the bytes 0x80 to 0x9F as control characters
            return c;
        }
        int index = WINDOWS_1252.indexOf(c);
        return index < 0 ? -1 : 0x80 + index;
    }
}
