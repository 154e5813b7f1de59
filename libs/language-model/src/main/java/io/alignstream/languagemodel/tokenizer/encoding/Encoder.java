package io.alignstream.languagemodel.tokenizer.encoding;

import io.alignstream.languagemodel.tokenizer.split.PreTokenizer;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import org.jspecify.annotations.Nullable;

/** Encodes text after text with working memory of its own; bounded between texts, not thread-safe. */
public final class Encoder implements PreTokenizer.Pieces {

    /** Working memory for longer texts is not kept. */
    private static final int LONGEST_KEPT = 1 << 16;

    private final TokenizerModel model;
    private final Vocabulary vocabulary;
    private final PieceMerger merger;
    private final PieceCache cache;
    private final @Nullable PieceCounts wholePieces;
    private char[] chars = new char[256];
    private int[] symbols = new int[64];
    private TokenBuffer out = new TokenBuffer(0);

    /** @param cacheBits see {@link PieceCache} */
    Encoder(TokenizerModel model, int cacheBits) {
        this.model = model;
        vocabulary = model.vocabulary();
        merger = new PieceMerger(model.merges());
        cache = new PieceCache(cacheBits);
        wholePieces = model.wholePieces();
    }

    /** Appends the ids of a text to {@code out}. */
    public void encode(String text, TokenBuffer out) {
        this.out = out;
        int length = text.length();
        if (chars.length < length) {
            chars = new char[length + length / 2];
        }
        text.getChars(0, length, chars, 0);
        replaceUnpairedSurrogates(chars, length);
        model.preTokenizer().split(chars, 0, length, this);
        if (chars.length > LONGEST_KEPT) {
            chars = new char[256];
        }
        if (symbols.length > LONGEST_KEPT) {
            symbols = new int[64];
        }
    }

    @Override
    public void piece(char[] text, int start, int end) {
        boolean cacheable = end - start <= PieceCache.MAX_CHARS;
        if (cacheable && cache.find(text, start, end, out)) {
            return;
        }
        int room = (end - start) * Vocabulary.MAX_IDS_PER_CHAR;
        if (symbols.length < room) {
            symbols = new int[room + room / 2];
        }
        int count = encodePiece(text, start, end);
        out.addAll(symbols, count);
        if (cacheable) {
            cache.put(symbols, count);
        }
    }

    /** Leaves the ids of a piece in {@code symbols} and returns how many there are. */
    private int encodePiece(char[] text, int start, int end) {
        if (wholePieces != null) {
            long idPlusOne = wholePieces.count(text, start, end);
            if (idPlusOne > 0) {
                symbols[0] = (int) idPlusOne - 1;
                return 1;
            }
        }
        return merger.merge(symbols, vocabulary.symbols(text, start, end, symbols));
    }

    /** Unpaired surrogates are not Unicode text: they become U+FFFD. */
    public static void replaceUnpairedSurrogates(char[] text, int length) {
        for (int i = 0; i < length; i++) {
            char character = text[i];
            if (character < Character.MIN_SURROGATE || character > Character.MAX_SURROGATE) {
                continue;
            }
            boolean pair =
                    Character.isHighSurrogate(character) && i + 1 < length && Character.isLowSurrogate(text[i + 1]);
            if (pair) {
                i++;
            } else {
                text[i] = '\uFFFD';
            }
        }
    }
}
