package io.alignstream.languagemodel.insight;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.List;

/**
 * A sentence with a pronoun that stands for one of two nouns, and which: <i>She put the cake on the plate and ate it.</i>
 *
 * <p>The sentences of {@link #set} come in pairs that differ in what decides, here <i>ate</i> and <i>washed</i>, and in
 * nothing else before the pronoun. Who takes no notice of it, whether he prefers the first noun, the second or the one
 * nearer by, is right in exactly half of the sentences. What decides stands before the pronoun: a network whose positions
 * see only what came before them cannot know at <i>it</i> what comes behind, as in the well-known <i>The animal didn't
 * cross the street because it was too tired.</i>
 *
 * @param pronoun stands in the text; its last place counts
 * @param right the noun that it stands for; its first place counts
 * @param wrong the other one; likewise
 */
public record PronounSentence(String text, String pronoun, String right, String wrong) {

    /** Languages that there is a set of: {@code en} and {@code zh}. */
    public static final List<String> LANGUAGES = List.of("en", "zh");

    /** The sentences of one of {@link #LANGUAGES}, in pairs. */
    public static List<PronounSentence> set(String language) {
        if (!LANGUAGES.contains(language)) {
            throw new IllegalArgumentException("no sentences in " + language + ", only in " + LANGUAGES);
        }
        return TorchProgram.resource(PronounSentence.class, "pronouns-" + language + ".tsv")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.split("\t"))
                .map(cells -> new PronounSentence(cells[0], cells[1], cells[2], cells[3]))
                .toList();
    }

    /**
     * Whether each head takes more for the pronoun from the right noun than from the wrong one, {@code [layers][heads]}.
     *
     * @throws InvalidInputException if a word is not in the text
     */
    public boolean[][] solved(TextTokens tokens, Inspection inspection) {
        int from = place(tokens.places(pronoun), pronoun, true).last();
        TextTokens.Range rightNoun = place(tokens.places(right), right, false);
        TextTokens.Range wrongNoun = place(tokens.places(wrong), wrong, false);
        boolean[][] solved = new boolean[inspection.layers()][inspection.heads()];
        for (int layer = 0; layer < solved.length; layer++) {
            for (int head = 0; head < solved[layer].length; head++) {
                solved[layer][head] = inspection.attention(layer, head, from, rightNoun)
                        > inspection.attention(layer, head, from, wrongNoun);
            }
        }
        return solved;
    }

    private TextTokens.Range place(List<TextTokens.Range> places, String word, boolean last) {
        if (places.isEmpty()) {
            throw new InvalidInputException(
                    Reason.of("insight.noWord").with("word", word).with("text", text));
        }
        return last ? places.getLast() : places.getFirst();
    }
}
