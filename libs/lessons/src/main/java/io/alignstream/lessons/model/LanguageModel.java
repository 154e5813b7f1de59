package io.alignstream.lessons.model;

import java.util.List;

/** Gives the next token of a text a probability, however it does. For one thread. */
public interface LanguageModel {

    /** Numbers that it has learned: weights of a network, counts of n-grams. */
    long parameters();

    /**
     * Log probabilities in nats of each token after those before it in its row.
     *
     * @param rows token ids, all rows of one length, 2 or more
     * @return {@code [rows][length - 1]}: of tokens 1, 2, ...
     */
    float[][] logProbabilities(List<int[]> rows);

    /**
     * Log probabilities in nats of every token after {@code context}.
     *
     * @param context token ids, one or more
     * @return {@code [vocabulary]}
     */
    float[] next(int... context);
}
