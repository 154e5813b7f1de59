package io.alignstream.languagemodel.tokenizer;

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

    /** Number of ids. */
    public int length() {
        return ids.length;
    }
}
