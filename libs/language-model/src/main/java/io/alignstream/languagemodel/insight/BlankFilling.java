package io.alignstream.languagemodel.insight;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What may stand in a text's blanks, a token each: found from both sides by a masked model, or from the left alone by one that
 * goes on with texts.
 *
 * <p>A text with blanks is what stands before, between and behind them, one piece more than there are blanks. White space
 * before a blank belongs to the token that is looked for, as a word's token begins with its space.
 */
public final class BlankFilling {

    private BlankFilling() {}

    /**
     * A token that may stand in a blank.
     *
     * @param probability of all tokens that might, 0 to 1
     */
    public record Choice(int id, double probability) {}

    /**
     * The most probable tokens of each blank as a masked model finds them, all other blanks hidden too.
     *
     * @param tokenizer of the model, with a mask
     * @param most choices for each blank
     * @return {@code [blanks][most]}, the most probable first
     * @throws IllegalArgumentException if the network sees one side alone, or the tokenizer has no mask
     * @throws InvalidInputException if the text is longer than the model's positions
     */
    public static List<List<Choice>> fromBothSides(
            Transformer masked, Tokenizer tokenizer, List<String> pieces, int most) {
        int mask = tokenizer.mask().orElseThrow(() -> new IllegalArgumentException("the tokenizer has no mask"));
        if (!masked.config().bidirectional()) {
            throw new IllegalArgumentException("a network that sees one side alone fills no blanks from both");
        }
        int[] ids = before(tokenizer, pieces, 0);
        List<Integer> blanks = new ArrayList<>();
        for (int blank = 1; blank < pieces.size(); blank++) {
            blanks.add(ids.length);
            ids = joined(ids, new int[] {mask}, before(tokenizer, pieces, blank));
        }
        float[][] logits = masked.logits(bounded(masked, ids));
        return blanks.stream().map(at -> best(logits[at], tokenizer, most)).toList();
    }

    /**
     * The most probable tokens of each blank as a model finds them that sees what stands before it, with its own best guesses
     * in earlier blanks.
     *
     * @param causal a network that goes on with texts
     * @param most choices for each blank
     * @return {@code [blanks][most]}, the most probable first
     * @throws IllegalArgumentException if the network sees both sides
     * @throws InvalidInputException if the text is longer than the model's positions
     */
    public static List<List<Choice>> fromTheLeft(
            Transformer causal, Tokenizer tokenizer, List<String> pieces, int most) {
        if (causal.config().bidirectional()) {
            throw new IllegalArgumentException("a network that sees both sides does not guess from the left alone");
        }
        List<List<Choice>> blanks = new ArrayList<>();
        int[] ids = before(tokenizer, pieces, 0);
        for (int blank = 1; blank < pieces.size(); blank++) {
            // at the very beginning: what a document begins with
            int[] given = ids.length == 0 ? new int[] {tokenizer.endOfDocument()} : ids;
            float[][] logits = causal.logits(bounded(causal, given));
            List<Choice> choices = best(logits[given.length - 1], tokenizer, most);
            blanks.add(choices);
            ids = joined(ids, new int[] {choices.getFirst().id()}, before(tokenizer, pieces, blank));
        }
        return blanks;
    }

    private static int[] before(Tokenizer tokenizer, List<String> pieces, int piece) {
        String text = pieces.get(piece);
        return tokenizer.encode(piece == pieces.size() - 1 ? text : text.stripTrailing());
    }

    private static int[] bounded(Transformer network, int... ids) {
        int positions = network.config().maxPositions();
        if (ids.length > positions) {
            throw new InvalidInputException(
                    Reason.of("insight.tooLong").with("tokens", ids.length).with("positions", positions));
        }
        return ids;
    }

    /** Of the tokenizer's tokens; a network may have more. */
    private static List<Choice> best(float[] logits, Tokenizer tokenizer, int most) {
        int size = Math.min(logits.length, tokenizer.vocabularySize());
        double greatest =
                IntStream.range(0, size).mapToDouble(id -> logits[id]).max().orElse(0);
        double sum = IntStream.range(0, size)
                .mapToDouble(id -> Math.exp(logits[id] - greatest))
                .sum();
        return IntStream.range(0, size)
                .mapToObj(id -> new Choice(id, Math.exp(logits[id] - greatest) / sum))
                .sorted(Comparator.comparingDouble(Choice::probability).reversed())
                .limit(most)
                .toList();
    }

    private static int[] joined(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
