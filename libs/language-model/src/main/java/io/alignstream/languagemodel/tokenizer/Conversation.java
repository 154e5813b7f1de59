package io.alignstream.languagemodel.tokenizer;

import java.util.Arrays;

/**
 * A prompt and its answer as one training sequence.
 *
 * @param ids token ids, [length]
 * @param learned whether the loss counts the prediction of each id, [length]: true for the answer and its end of turn
 */
public record Conversation(int[] ids, boolean[] learned) {

    public Conversation {
        if (ids.length != learned.length) {
            throw new IllegalArgumentException(
                    ids.length + " ids but " + learned.length + " flags; each id needs one flag");
        }
    }

    /** The ids before the first that is learned; all of them if none is. */
    public int[] prompt() {
        int length = 0;
        while (length < ids.length && !learned[length]) {
            length++;
        }
        return Arrays.copyOf(ids, length);
    }

    /** Number of ids. */
    public int length() {
        return ids.length;
    }
}
