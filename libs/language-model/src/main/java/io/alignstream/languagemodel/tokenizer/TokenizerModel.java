package io.alignstream.languagemodel.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a tokenizer file describes. Immutable.
 *
 * @param preTokenizer how text is cut into pieces
 * @param normalises whether text is brought to normal form C first
 * @param added tokens that text is searched for as a whole
 * @param wholePieces ids of pieces that are tokens without any merge; null if merges always decide
 * @param json the file's bytes, control tokens that were missing added to them
 */
record TokenizerModel(
        Vocabulary vocabulary,
        Merges merges,
        PreTokenizer preTokenizer,
        boolean normalises,
        List<AddedTokens.AddedToken> added,
        @Nullable Map<String, Integer> wholePieces,
        byte[] json) {

    /** Chars of the longest piece that is looked up among {@link #wholePieces}; real ones have up to 128. */
    static final int LONGEST_WHOLE_PIECE = 1_024;

    /** The tokens that a piece can be without any merge: all but the added ones. */
    static Map<String, Integer> wholePieces(Vocabulary vocabulary, List<AddedTokens.AddedToken> added) {
        Map<String, Integer> pieces = HashMap.newHashMap(vocabulary.size());
        for (int id = 0; id < vocabulary.size(); id++) {
            String text = new String(vocabulary.bytes(id), StandardCharsets.UTF_8);
            if (!text.isEmpty() && text.indexOf('\uFFFD') < 0) { // no part of a character
                pieces.putIfAbsent(text, id);
            }
        }
        added.forEach(token -> pieces.remove(token.text(), token.id()));
        return pieces;
    }
}
