package io.alignstream.lessons.model;

import java.util.List;

/** A language model that learns step by step, and holds memory outside of the heap until it is closed. For one thread. */
public interface LearningModel extends LanguageModel, AutoCloseable {

    /**
     * One step towards the tokens of {@code rows}, each after those before it.
     *
     * @param rows token ids, all rows of one length, 2 or more
     * @param learningRate of AdamW, above 0
     * @return the mean loss before the step, in nats a token
     */
    double step(List<int[]> rows, double learningRate);

    /** The sha256 of all weights: equal runs end with equal weights. */
    String sha256();

    @Override
    void close();
}
