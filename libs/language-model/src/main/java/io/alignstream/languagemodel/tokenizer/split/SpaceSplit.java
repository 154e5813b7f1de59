package io.alignstream.languagemodel.tokenizer.split;

/**
 * Text cut before its spaces.
 *
 * @param each whether every space begins a piece; otherwise every run of spaces does
 */
public record SpaceSplit(boolean each) implements PreTokenizer.Scanner {

    @Override
    public int end(char[] text, int at, int limit) {
        int end = at + 1;
        while (end < limit && (text[end] != ' ' || (text[end - 1] == ' ' && !each))) {
            end++;
        }
        return end;
    }
}
