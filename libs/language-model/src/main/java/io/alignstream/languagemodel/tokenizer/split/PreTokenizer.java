package io.alignstream.languagemodel.tokenizer.split;

import java.util.List;

/** Cuts text into the pieces that merges never cross, each char in at most one. No state, thread-safe. */
@FunctionalInterface
public interface PreTokenizer {

    /** Takes the pieces of a text in their order. */
    @FunctionalInterface
    interface Pieces {
        /** @param end exclusive */
        void piece(char[] text, int start, int end);
    }

    /** A pre-tokenizer that finds the end of a piece from its beginning alone. */
    interface Scanner extends PreTokenizer {

        /** The end (exclusive) of the piece that begins at {@code at}, which must be below {@code limit}. */
        int end(char[] text, int at, int limit);

        @Override
        default void split(char[] text, int start, int end, Pieces pieces) {
            int at = start;
            while (at < end) {
                int next = end(text, at, end);
                pieces.piece(text, at, next);
                at = next;
            }
        }
    }

    /**
     * Cuts the chars from {@code start} to {@code end} (exclusive) as a text of their own, what is around them unseen.
     *
     * @param text without unpaired surrogates
     */
    void split(char[] text, int start, int end, Pieces pieces);

    /** Cuts with the first and the pieces with the next. */
    static PreTokenizer sequence(List<PreTokenizer> steps) {
        if (steps.size() == 1) {
            return steps.getFirst();
        }
        PreTokenizer rest = sequence(steps.subList(1, steps.size()));
        PreTokenizer first = steps.getFirst();
        return (text, start, end, pieces) ->
                first.split(text, start, end, (chars, from, to) -> rest.split(chars, from, to, pieces));
    }

    /** Leaves the text in one piece. */
    static PreTokenizer whole() {
        return (text, start, end, pieces) -> {
            if (start < end) {
                pieces.piece(text, start, end);
            }
        };
    }
}
