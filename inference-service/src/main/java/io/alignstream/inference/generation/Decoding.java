package io.alignstream.inference.generation;

import io.alignstream.languagemodel.generation.TextRequest;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.generation.TokenSampler;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * How an answer is chosen from the model's probabilities.
 *
 * @param sampler of each token
 * @param maxTokens longest answer
 * @param stops texts that end the answer and are left out of it
 * @param seed of all randomness
 * @param alternatives how many of the most probable tokens are told beside each one of the answer
 * @param shown control tokens that are a part of the answer, by name, instead of its end
 * @param constraint makes what says which tokens may come, anew for each answer; empty: all
 */
public record Decoding(
        TokenSampler sampler,
        int maxTokens,
        List<String> stops,
        long seed,
        int alternatives,
        BitSet shown,
        Optional<Supplier<TokenConstraint>> constraint) {

    public Decoding {
        if (maxTokens < 1 || alternatives < 0) {
            throw new IllegalArgumentException(
                    "maxTokens " + maxTokens + " must be positive and alternatives " + alternatives + " not negative");
        }
        stops = List.copyOf(stops);
        shown = (BitSet) shown.clone();
    }

    /** All tokens are candidates and none is told beside. */
    public Decoding(TokenSampler sampler, int maxTokens, List<String> stops, long seed) {
        this(sampler, maxTokens, stops, seed, 0, new BitSet(), Optional.empty());
    }

    /** What an engine is asked for. */
    TextRequest request(int[] prompt, DoubleSupplier uniforms) {
        return new TextRequest(prompt, maxTokens, sampler, uniforms, alternatives, constraint.map(Supplier::get));
    }
}
