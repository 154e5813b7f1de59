package io.alignstream.languagemodel.tokenizer.split;

import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.LETTER;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.LOWER;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.MARK;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.NUMBER;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.SPACE;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.UPPER;

/**
 * The pieces of the well-known byte-level tokenizers, as their regular expressions say but in linear time.
 *
 * <p>All know English contractions, words, numbers, punctuation and white space that leaves its last character to what
 * follows. GPT-2's words and numbers take one space before them; those of Llama 3 and Qwen let a word take any one
 * character that is no letter, number or line end, let punctuation take line ends behind it, and bound numbers. Those of
 * o200k also begin a word where upper case follows lower case, and leave a contraction with its word.
 */
public enum ByteLevelSplit implements PreTokenizer.Scanner {
    GPT2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", Integer.MAX_VALUE),
    LLAMA3(modern("\\p{N}{1,3}"), 3),
    QWEN2(modern("\\p{N}"), 1),
    O200K(
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                    + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
                    + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                    + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            3);

    private final String pattern;
    private final int maxDigits;

    ByteLevelSplit(String pattern, int maxDigits) {
        this.pattern = pattern;
        this.maxDigits = maxDigits;
    }

    /** The regular expression that tokenizer files carry. */
    public String pattern() {
        return pattern;
    }

    @Override
    public int end(char[] text, int at, int limit) {
        if (text[at] == '\'' && this != O200K) {
            int contraction = endOfContraction(text, at + 1, limit);
            if (contraction > 0) {
                return contraction;
            }
        }
        int first = CharacterClass.generalAt(text, at, limit);
        int next = at + CharacterClass.width(text, at);
        return this == GPT2 ? endOfGpt2(text, at, next, limit, first) : endOfModern(text, at, next, limit, first);
    }

    private static int endOfGpt2(char[] text, int at, int next, int limit, int first) {
        if (first == LETTER || first == NUMBER) {
            return endOfRun(text, next, limit, first);
        }
        if (first != SPACE) {
            return endOfPunctuation(text, next, limit);
        }
        if (text[at] == ' ' && next < limit) {
            int second = CharacterClass.generalAt(text, next, limit);
            if (second == LETTER || second == NUMBER) {
                return endOfRun(text, next, limit, second);
            }
            if (second != SPACE) {
                return endOfPunctuation(text, next, limit);
            }
        }
        return endOfSpace(text, next, limit);
    }

    private int endOfModern(char[] text, int at, int next, int limit, int first) {
        boolean lineEnd = isLineEnd(text[at]);
        if (this == O200K && first != NUMBER && !lineEnd) {
            int word = endOfCasedWord(text, at, next, limit, first);
            if (word > 0) {
                return word;
            }
        }
        if (first == LETTER) {
            return endOfRun(text, next, limit, LETTER);
        }
        if (first == NUMBER) {
            return endOfNumber(text, next, limit);
        }
        int second = next < limit ? CharacterClass.generalAt(text, next, limit) : SPACE;
        if (second == LETTER && !lineEnd) {
            return endOfRun(text, next, limit, LETTER);
        }
        boolean punctuationBehindSpace = text[at] == ' ' && second != SPACE && second != NUMBER;
        if (first != SPACE || punctuationBehindSpace) {
            int end = endOfPunctuation(text, next, limit);
            while (end < limit && (isLineEnd(text[end]) || (text[end] == '/' && this == O200K))) {
                end++;
            }
            return end;
        }
        int lastLineEnd = lastLineEnd(text, at, limit);
        return lastLineEnd > 0 ? lastLineEnd : endOfSpace(text, next, limit);
    }

    /** The end of a word, perhaps with one character before it and a contraction behind it, or 0. */
    private int endOfCasedWord(char[] text, int at, int next, int limit, int first) {
        int begin = first == LETTER ? at : next;
        int end = endOfLower(text, begin, limit);
        if (end == 0 && first == MARK) {
            end = endOfLower(text, at, limit);
        }
        if (end == 0) {
            end = begin;
            while (end < limit && isUpper(CharacterClass.casedAt(text, end, limit))) {
                end += CharacterClass.width(text, end);
            }
            if (end == begin) {
                return 0;
            }
        }
        int contraction = end < limit && text[end] == '\'' ? endOfContraction(text, end + 1, limit) : 0;
        return Math.max(end, contraction);
    }

    /**
     * The end of letters and marks that may be upper case and then, at least one, such as may be lower case; 0 if there
     * are none.
     */
    private static int endOfLower(char[] text, int from, int limit) {
        int at = from;
        int behindCaseless = 0;
        while (at < limit) {
            int kind = CharacterClass.casedAt(text, at, limit);
            if (!isUpper(kind)) {
                break;
            }
            at += CharacterClass.width(text, at);
            behindCaseless = isLower(kind) ? at : behindCaseless;
        }
        if (at == limit || !isLower(CharacterClass.casedAt(text, at, limit))) {
            return behindCaseless;
        }
        while (at < limit && isLower(CharacterClass.casedAt(text, at, limit))) {
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    private static boolean isUpper(int kind) {
        return isWord(kind) && (kind & LOWER) == 0;
    }

    private static boolean isLower(int kind) {
        return isWord(kind) && (kind & UPPER) == 0;
    }

    private static boolean isWord(int kind) {
        int general = kind & CharacterClass.GENERAL;
        return general == LETTER || general == MARK;
    }

    /** The end of {@code s, t, m, d, re, ve, ll} at {@code at}, or 0. */
    private int endOfContraction(char[] text, int at, int limit) {
        if (at >= limit) {
            return 0;
        }
        char first = fold(text[at]);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return at + 1;
        }
        if (at + 1 >= limit) {
            return 0;
        }
        char second = fold(text[at + 1]);
        boolean two =
                (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
        return two ? at + 2 : 0;
    }

    private char fold(char letter) {
        if (this == GPT2) {
            return letter;
        }
        return switch (letter) {
            case 'S', '\u017F' -> 's'; // the long s is an s to a regular expression that ignores case
            case 'T' -> 't';
            case 'M' -> 'm';
            case 'D' -> 'd';
            case 'R' -> 'r';
            case 'V' -> 'v';
            case 'L' -> 'l';
            case 'E' -> 'e';
            default -> letter;
        };
    }

    private static int endOfRun(char[] text, int from, int limit, int kind) {
        int at = from;
        while (at < limit && CharacterClass.generalAt(text, at, limit) == kind) {
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    private int endOfNumber(char[] text, int from, int limit) {
        int at = from;
        for (int digits = 1; digits < maxDigits && at < limit; digits++) {
            if (CharacterClass.generalAt(text, at, limit) != NUMBER) {
                break;
            }
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    private static int endOfPunctuation(char[] text, int from, int limit) {
        int at = from;
        while (at < limit) {
            int kind = CharacterClass.generalAt(text, at, limit);
            if (kind == LETTER || kind == NUMBER || kind == SPACE) {
                break;
            }
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    /** White space but for the last character of it when something follows. */
    private static int endOfSpace(char[] text, int from, int limit) {
        int at = endOfRun(text, from, limit, SPACE);
        return at < limit && at > from ? at - 1 : at; // all white space is in the basic plane
    }

    /** Behind the last line end of the white space at {@code from}, or 0 if there is none. */
    private static int lastLineEnd(char[] text, int from, int limit) {
        int last = 0;
        for (int at = from; at < limit && CharacterClass.generalAt(text, at, limit) == SPACE; at++) {
            if (isLineEnd(text[at])) {
                last = at + 1;
            }
        }
        return last;
    }

    private static boolean isLineEnd(char character) {
        return character == '\n' || character == '\r';
    }

    private static String modern(String number) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + number
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }
}
