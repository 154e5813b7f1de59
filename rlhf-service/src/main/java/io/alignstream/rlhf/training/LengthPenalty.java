package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.random.SeededRandom;
import java.util.List;

/**
 * What an answer's score loses for being longer than the SFT model's in the mean: reward models favour length, and a policy
 * finds that out (Singhal et al., arXiv 2310.03716).
 *
 * @param coefficient reward units for each token, 0 or more
 * @param length mean length of the SFT model's answers in tokens
 */
record LengthPenalty(double coefficient, double length) {

    /** Most prompts whose answers are measured. */
    private static final int MOST = 256;

    /** Measures one answer of the SFT model to each of the first {@code prompts}, unless nothing is subtracted. */
    static LengthPenalty of(RlhfInputs inputs, List<int[]> prompts, AnswerSampler sampler) {
        double coefficient = inputs.settings().lengthPenalty();
        if (coefficient == 0) {
            return new LengthPenalty(0, 0);
        }
        List<int[]> asked = prompts.subList(0, Math.min(prompts.size(), MOST));
        double length =
                sampler
                        .sample(
                                inputs.sft(),
                                asked,
                                SeededRandom.of(inputs.settings().seed(), "SFT lengths", 0))
                        .stream()
                        .mapToInt(answer -> answer.tokens().length)
                        .average()
                        .orElseThrow();
        return new LengthPenalty(coefficient, length);
    }

    /** Of an answer with {@code tokens}. */
    double of(int tokens) {
        return coefficient * Math.max(0, tokens - length);
    }
}
