package io.alignstream.languagemodel.generation;

import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * A text that is wanted.
 *
 * @param prompt token ids, one or more
 * @param maxTokens longest answer, at least 1
 * @param sampler of each token
 * @param uniforms gives a number from 0 to below 1 for each token, which decides
 * @param alternatives how many of the most probable tokens are told beside each one, at most {@link
 *     Engine#MOST_ALTERNATIVES}
 * @param constraint which tokens may come; empty: all
 */
public record TextRequest(
        int[] prompt,
        int maxTokens,
        TokenSampler sampler,
        DoubleSupplier uniforms,
        int alternatives,
        Optional<TokenConstraint> constraint) {

    public TextRequest {
        if (prompt.length < 1 || maxTokens < 1 || alternatives < 0) {
            throw new IllegalArgumentException("a prompt of " + prompt.length + " tokens and an answer of up to "
                    + maxTokens + " must have at least one token each, and alternatives " + alternatives
                    + " not be negative");
        }
    }

    /** All tokens may come, and none is told beside. */
    public TextRequest(int[] prompt, int maxTokens, TokenSampler sampler, DoubleSupplier uniforms) {
        this(prompt, maxTokens, sampler, uniforms, 0, Optional.empty());
    }
}
