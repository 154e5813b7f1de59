package io.alignstream.languagemodel.tokenizer.split;

import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.HAN;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.LETTER;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.MARK;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.NUMBER;
import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.SPACE;

/**
 * Alignstream's own pieces, in this order: a run of Han characters; a word of letters and combining marks, with the one
 * space before it; one to three digits; white space, leaving the last space to the word that follows; any other code
 * point alone.
 *
 * <p>Words and Han runs exclude each other, and punctuation ends both: a Chinese sentence is cut at its commas, the
 * numbers and the foreign words in it. {@link #PATTERN} says the same as the regular expression that
 * {@code tokenizer.json} carries. Linear time.
 */
public final class HanSplit implements PreTokenizer.Scanner {

    /** The same cuts as a regular expression, for the file. */
    public static final String PATTERN = "\\p{Han}+"
            + "| ?[\\p{L}&&[^\\p{Han}]][\\p{L}\\p{M}&&[^\\p{Han}]]*"
            + "|[\\p{N}&&[^\\p{Han}]]{1,3}"
            + "|\\s+(?= [\\p{L}&&[^\\p{Han}]])"
            + "|\\s+"
            + "|.";

    private static final int MAX_DIGITS = 3;

    @Override
    public int end(char[] text, int at, int limit) {
        int next = at + CharacterClass.width(text, at);
        int first = CharacterClass.at(text, at, limit);
        if (first >= HAN) {
            return endOfHan(text, next, limit);
        }
        return switch (first) {
            case LETTER -> endOfWord(text, next, limit);
            case NUMBER -> endOfDigits(text, next, limit);
            case SPACE ->
                text[at] == ' ' && isLetter(text, next, limit)
                        ? endOfWord(text, next, limit)
                        : endOfSpace(text, next, limit);
            default -> next;
        };
    }

    private static int endOfHan(char[] text, int from, int limit) {
        int at = from;
        while (at < limit && CharacterClass.at(text, at, limit) >= HAN) {
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    private static int endOfWord(char[] text, int from, int limit) {
        int at = from;
        while (at < limit) {
            int next = CharacterClass.at(text, at, limit);
            if (next != LETTER && next != MARK) {
                break;
            }
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    private static int endOfDigits(char[] text, int from, int limit) {
        int at = from;
        for (int digits = 1; digits < MAX_DIGITS && at < limit; digits++) {
            if (CharacterClass.at(text, at, limit) != NUMBER) {
                break;
            }
            at += CharacterClass.width(text, at);
        }
        return at;
    }

    private static int endOfSpace(char[] text, int from, int limit) {
        int at = from;
        while (at < limit && CharacterClass.at(text, at, limit) == SPACE) {
            at++; // all white space is in the basic plane
        }
        return at > from && text[at - 1] == ' ' && isLetter(text, at, limit) ? at - 1 : at;
    }

    private static boolean isLetter(char[] text, int at, int limit) {
        return at < limit && CharacterClass.at(text, at, limit) == LETTER;
    }
}
