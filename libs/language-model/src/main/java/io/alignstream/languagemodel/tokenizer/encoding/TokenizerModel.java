package io.alignstream.languagemodel.tokenizer.encoding;

import io.alignstream.languagemodel.tokenizer.split.PreTokenizer;
import io.alignstream.languagemodel.tokenizer.vocabulary.AddedTokens;
import io.alignstream.languagemodel.tokenizer.vocabulary.Merges;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a tokenizer file describes. Immutable.
 *
 * @param preTokenizer how text is cut into pieces
 * @param normalises whether text is brought to normal form C first
 * @param metaspace how spaces are written, for a tokenizer in SentencePiece's manner
 * @param added tokens that text is searched for as a whole
 * @param wholePieces pieces that are tokens without any merge, each with its id plus one as its count, not to be changed;
 *     null if merges always decide
 * @param json the file's bytes, control tokens that were missing added to them
 */
public record TokenizerModel(
        Vocabulary vocabulary,
        Merges merges,
        PreTokenizer preTokenizer,
        boolean normalises,
        @Nullable Metaspace metaspace,
        List<AddedTokens.AddedToken> added,
        @Nullable PieceCounts wholePieces,
        byte[] json) {

    /** A stretch of text as it is cut into pieces. */
    public String spaced(String stretch, Metaspace.Before before) {
        return metaspace == null ? stretch : metaspace.spaced(stretch, before);
    }

    /** The tokens that a piece can be without any merge: all but the added ones. */
    public static PieceCounts wholePieces(Vocabulary vocabulary, List<AddedTokens.AddedToken> added) {
        Set<Integer> addedIds = added.stream().map(AddedTokens.AddedToken::id).collect(Collectors.toSet());
        PieceCounts pieces = new PieceCounts();
        for (int id = 0; id < vocabulary.size(); id++) {
            char[] text = new String(vocabulary.bytes(id), StandardCharsets.UTF_8).toCharArray();
            boolean whole = Arrays.equals(new String(text).getBytes(StandardCharsets.UTF_8), vocabulary.bytes(id));
            if (text.length > 0 && whole && !addedIds.contains(id)) {
                pieces.add(text, 0, text.length, PieceCounts.hash(text, 0, text.length), id + 1L);
            }
        }
        return pieces;
    }
}
