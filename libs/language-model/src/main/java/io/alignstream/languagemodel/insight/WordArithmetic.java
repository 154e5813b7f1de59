package io.alignstream.languagemodel.insight;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Adding and subtracting words as vectors, as in king − man + woman (Mikolov et al., arXiv 1301.3781): what lies near.
 *
 * <p>A word is the mean of its tokens' embeddings, brought to length 1. What is near is a token, and the words that were
 * added are as a rule nearest to their own sum: whoever leaves them out, as papers do, should say so.
 */
public final class WordArithmetic {

    private WordArithmetic() {}

    /** A word with its tokens; {@code added} or subtracted. */
    public record Term(String word, boolean added, int... ids) {}

    /**
     * A token near by.
     *
     * @param cosine of its embedding with the sum, -1 to 1
     * @param given whether it is a token of a term
     */
    public record Neighbour(int id, double cosine, boolean given) {}

    /** A word as the tokenizer has it: as it is written or behind a space, whichever needs fewer tokens. */
    public static Term term(Tokenizer tokenizer, String word, boolean added) {
        int[] plain = tokenizer.encode(word);
        int[] inside = tokenizer.encode(" " + word);
        return new Term(word, added, inside.length < plain.length ? inside : plain);
    }

    /**
     * The tokens nearest to the sum of {@code terms}, the nearest first, control tokens left out.
     *
     * @throws InvalidInputException if a term has no token, or the terms cancel each other out
     */
    public static List<Neighbour> nearest(Inspector inspector, Tokenizer tokenizer, List<Term> terms, int count) {
        float[] similarities = inspector.similarities(direction(inspector, terms));
        return IntStream.range(0, Math.min(similarities.length, tokenizer.vocabularySize()))
                .filter(id -> tokenizer.byteLength(id) > 0)
                .mapToObj(id -> new Neighbour(id, similarities[id], isGiven(terms, id)))
                .sorted(Comparator.comparingDouble(Neighbour::cosine).reversed())
                .limit(count)
                .toList();
    }

    private static boolean isGiven(List<Term> terms, int id) {
        return terms.stream().anyMatch(term -> Arrays.stream(term.ids()).anyMatch(one -> one == id));
    }

    private static float[] direction(Inspector inspector, List<Term> terms) {
        double[] sum = new double[inspector.config().width()];
        for (Term term : terms) {
            if (term.ids().length == 0) {
                throw new InvalidInputException(Reason.of("insight.noToken"));
            }
            double[] vector = new double[sum.length];
            for (float[] row : inspector.embeddings(term.ids())) {
                for (int i = 0; i < row.length; i++) {
                    vector[i] += row[i];
                }
            }
            double length = length(vector);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += (term.added() ? 1 : -1) * vector[i] / length;
            }
        }
        double length = length(sum);
        if (!(length > 1e-6)) {
            throw new InvalidInputException(Reason.of("insight.cancelled"));
        }
        float[] direction = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            direction[i] = (float) (sum[i] / length);
        }
        return direction;
    }

    static double length(double[] vector) {
        return Math.sqrt(Arrays.stream(vector).map(value -> value * value).sum());
    }
}
