package io.alignstream.languagemodel.tokenizer.split;

import static io.alignstream.languagemodel.tokenizer.split.CharacterClass.NUMBER;

/**
 * Numbers apart from everything else.
 *
 * @param individual whether each digit is a piece of its own
 */
public record DigitSplit(boolean individual) implements PreTokenizer.Scanner {

    @Override
    public int end(char[] text, int at, int limit) {
        boolean number = CharacterClass.generalAt(text, at, limit) == NUMBER;
        int end = at + CharacterClass.width(text, at);
        if (number && individual) {
            return end;
        }
        while (end < limit && (CharacterClass.generalAt(text, end, limit) == NUMBER) == number) {
            end += CharacterClass.width(text, end);
        }
        return end;
    }
}
