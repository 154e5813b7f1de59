package io.alignstream.languagemodel.tokenizer;

import io.alignstream.languagemodel.tokenizer.encoding.Encoder;
import io.alignstream.languagemodel.tokenizer.encoding.TokenizerModel;
import io.alignstream.languagemodel.tokenizer.vocabulary.Merges;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/**
 * How a text became tokens, step by step: for people who want to see a tokenizer think.
 *
 * @param symbols ids of the text before any merge
 * @param pieces where in {@code symbols} each piece begins; no merge crosses a beginning
 * @param steps the merges, the earliest learned first; applied one after the other to {@code symbols} they leave the
 *     text's tokens
 */
public record Derivation(List<Integer> symbols, List<Integer> pieces, List<Step> steps) {

    /**
     * One merge: the tokens at {@code position} and behind it become {@code id}.
     *
     * @param position place among the tokens that are left at this step
     * @param order how early the merge was learned, 1 is the first
     */
    public record Step(int position, int order, int id) {}

    public Derivation {
        symbols = List.copyOf(symbols);
        pieces = List.copyOf(pieces);
        steps = List.copyOf(steps);
    }

    /** Takes time that grows with the square of the text's length: for short texts. */
    static Derivation of(TokenizerModel model, String text) {
        char[] chars = text.toCharArray();
        Encoder.replaceUnpairedSurrogates(chars, chars.length);
        List<Integer> symbols = new ArrayList<>();
        List<Integer> pieces = new ArrayList<>();
        model.preTokenizer().split(chars, 0, chars.length, (all, start, end) -> {
            pieces.add(symbols.size());
            int[] ids = new int[(end - start) * Vocabulary.MAX_IDS_PER_CHAR];
            int count = model.vocabulary().symbols(all, start, end, ids);
            for (int i = 0; i < count; i++) {
                symbols.add(ids[i]);
            }
        });
        return new Derivation(symbols, pieces, steps(model.merges(), symbols, pieces));
    }

    private static List<Step> steps(Merges merges, List<Integer> symbols, List<Integer> pieces) {
        List<Integer> tokens = new ArrayList<>(symbols);
        List<Boolean> opensPiece = new ArrayList<>();
        for (int i = 0; i < symbols.size(); i++) {
            opensPiece.add(false);
        }
        pieces.forEach(piece -> opensPiece.set(piece, true));
        List<Step> steps = new ArrayList<>();
        while (true) {
            int lowest = Merges.NO_RANK;
            int best = 0;
            for (int i = 0; i + 1 < tokens.size(); i++) {
                int rank = opensPiece.get(i + 1) ? Merges.NO_RANK : merges.rank(tokens.get(i), tokens.get(i + 1));
                if (rank < lowest) {
                    lowest = rank;
                    best = i;
                }
            }
            if (lowest == Merges.NO_RANK) {
                return steps;
            }
            tokens.set(best, merges.merged(lowest));
            tokens.remove(best + 1);
            opensPiece.remove(best + 1);
            steps.add(new Step(best, lowest + 1, tokens.get(best)));
        }
    }
}
