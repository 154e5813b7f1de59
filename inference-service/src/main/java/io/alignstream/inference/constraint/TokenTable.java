package io.alignstream.inference.constraint;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * A tokenizer's vocabulary as a trie over bytes, laid out flat: tokens in the order of their bytes, each with the number of
 * first bytes that it shares with the one before. Immutable, thread-safe.
 */
final class TokenTable {

    private final byte[][] bytes;
    private final int[] ids;
    private final int[] shared;
    private final int longest;
    private final int endOfTurn;

    /** Control tokens stand for no bytes and are left out, but for the one that ends a turn. */
    TokenTable(Tokenizer tokenizer) {
        record Token(int id, byte[] bytes) {}
        Token[] tokens = IntStream.range(0, tokenizer.vocabularySize())
                .mapToObj(id -> new Token(id, tokenizer.bytes(id)))
                .filter(token -> token.bytes().length > 0)
                .sorted((a, b) -> Arrays.compareUnsigned(a.bytes(), b.bytes()))
                .toArray(Token[]::new);
        bytes = new byte[tokens.length][];
        ids = new int[tokens.length];
        shared = new int[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            bytes[i] = tokens[i].bytes();
            ids[i] = tokens[i].id();
            int mismatch = i == 0 ? 0 : Arrays.mismatch(bytes[i - 1], bytes[i]);
            shared[i] = mismatch < 0 ? bytes[i].length : mismatch;
        }
        longest = Arrays.stream(bytes).mapToInt(token -> token.length).max().orElse(0);
        endOfTurn = tokenizer.endOfTurn();
    }

    int endOfTurn() {
        return endOfTurn;
    }

    /** The tokens all of whose bytes may come in {@code state}, and the end of the turn if it may end there. */
    BitSet allowed(Expressions expressions, Expression state) {
        BitSet allowed = new BitSet();
        Expression[] path = new Expression[longest + 1];
        path[0] = state;
        int alive = 0; // path[0..alive] are states of the token before
        for (int i = 0; i < ids.length; i++) {
            if (shared[i] > alive) {
                continue; // it begins with bytes that the one before was stopped at
            }
            byte[] token = bytes[i];
            int at = shared[i];
            while (at < token.length) {
                Expression next = expressions.after(path[at], token[at] & 0xFF);
                if (next.isNothing()) {
                    break;
                }
                path[++at] = next;
            }
            alive = at;
            if (at == token.length) {
                allowed.set(ids[i]);
            }
        }
        if (state.mayEnd() || allowed.isEmpty()) {
            allowed.set(endOfTurn);
        }
        return allowed;
    }
}
