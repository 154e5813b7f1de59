package io.alignstream.languagemodel.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** What Python's strings can do, on texts that keep their origins. */
final class PythonText {

    private PythonText() {}

    /** Python's {@code str.isspace} of a char. */
    static boolean isSpace(int c) {
        return (c >= 0x09 && c <= 0x0d)
                || (c >= 0x1c && c <= 0x20)
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    private static boolean endsLine(char c) {
        return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    /** Where the chars at the end that {@code drop} takes begin. */
    static int rightTrimmed(String text, IntPredicate drop) {
        int end = text.length();
        while (end > 0 && drop.test(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    static MarkedText strip(MarkedText text, IntPredicate drop, boolean left, boolean right) {
        int end = right ? rightTrimmed(text.value(), drop) : text.length();
        int begin = 0;
        while (left && begin < end && drop.test(text.value().charAt(begin))) {
            begin++;
        }
        return text.substring(begin, end);
    }

    /** At white space; leading and trailing one makes no parts. */
    static List<Object> split(MarkedText text) {
        List<Object> parts = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int begin = at;
            while (at < text.length() && !isSpace(text.value().charAt(at))) {
                at++;
            }
            if (at > begin) {
                parts.add(text.substring(begin, at));
            }
            at++;
        }
        return parts;
    }

    /** At {@code separator}, {@code most} times at most. */
    static List<Object> split(MarkedText text, String separator, long most) {
        requireSeparator(separator);
        List<Object> parts = new ArrayList<>();
        int begin = 0;
        for (int at = text.value().indexOf(separator);
                at >= 0 && parts.size() < most;
                at = text.value().indexOf(separator, begin)) {
            parts.add(text.substring(begin, at));
            begin = at + separator.length();
        }
        parts.add(text.substring(begin, text.length()));
        return parts;
    }

    /** The same from the end. */
    static List<Object> splitFromRight(MarkedText text, String separator, long most) {
        requireSeparator(separator);
        List<Object> parts = new ArrayList<>();
        int end = text.length();
        while (parts.size() < most) {
            int at = end < separator.length() ? -1 : text.value().lastIndexOf(separator, end - separator.length());
            if (at < 0) {
                break;
            }
            parts.add(text.substring(at + separator.length(), end));
            end = at;
        }
        parts.add(text.substring(0, end));
        return parts.reversed();
    }

    private static void requireSeparator(String separator) {
        if (separator.isEmpty()) {
            throw TemplateException.refused("empty separator");
        }
    }

    static List<Object> lines(MarkedText text) {
        List<Object> lines = new ArrayList<>();
        int begin = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.value().charAt(at);
            if (endsLine(c)) {
                lines.add(text.substring(begin, at));
                at += c == '\r' && at + 1 < text.length() && text.value().charAt(at + 1) == '\n' ? 1 : 0;
                begin = at + 1;
            }
        }
        if (begin < text.length()) {
            lines.add(text.substring(begin, text.length()));
        }
        return lines;
    }

    /** {@code old} replaced {@code most} times at most, any number of times if that is negative. */
    static MarkedText replace(MarkedText text, String old, MarkedText instead, long most) {
        long left = most < 0 ? Long.MAX_VALUE : most;
        MarkedText.Builder out = new MarkedText.Builder();
        int begin = 0;
        int from = 0;
        while (left-- > 0) {
            int at = text.value().indexOf(old, from);
            if (at < 0 || at > text.length()) {
                break;
            }
            out.append(text.substring(begin, at)).append(instead);
            begin = at + old.length();
            from = old.isEmpty() ? nextCharacter(text.value(), at) : begin;
            if (from > text.length()) {
                break;
            }
        }
        return out.append(text.substring(begin, text.length())).build();
    }

    private static int nextCharacter(String text, int at) {
        return at >= text.length() ? at + 1 : text.offsetByCodePoints(at, 1);
    }

    static MarkedText join(MarkedText separator, List<MarkedText> parts) {
        MarkedText.Builder out = new MarkedText.Builder();
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                out.append(separator);
            }
            out.append(parts.get(i));
        }
        return out.build();
    }

    static MarkedText repeat(MarkedText text, long times) {
        if (times <= 0) {
            return MarkedText.EMPTY;
        }
        if (text.length() * (double) times > MarkedText.MAX_LENGTH) {
            throw TemplateException.refused("the text has more than " + MarkedText.MAX_LENGTH + " characters");
        }
        return new MarkedText(text.value().repeat((int) times), text.origins().repeat((int) times));
    }

    static MarkedText capitalised(MarkedText text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = nextCharacter(text.value(), 0);
        return upper(text.substring(0, first)).plus(lower(text.substring(first, text.length())));
    }

    static MarkedText upper(MarkedText text) {
        return text.changed(text.value().toUpperCase(Locale.ROOT));
    }

    static MarkedText lower(MarkedText text) {
        return text.changed(text.value().toLowerCase(Locale.ROOT));
    }

    /** Number of characters as Python counts them. */
    static int length(MarkedText text) {
        return text.value().codePointCount(0, text.length());
    }

    /** The characters, each a text. */
    static List<Object> characters(MarkedText text) {
        List<Object> characters = new ArrayList<>(text.length());
        for (int at = 0; at < text.length(); ) {
            int end = nextCharacter(text.value(), at);
            characters.add(text.substring(at, end));
            at = end;
        }
        return characters;
    }
}
