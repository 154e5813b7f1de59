package io.alignstream.inference;

import java.util.List;

/**
 * How an answer is chosen from the model's probabilities.
 *
 * @param temperature divides the logits, 0 to 2; 0 takes the most probable token
 * @param topP smallest share of the probability that the candidates must cover, 0 to 1; 1 takes all tokens
 * @param maxTokens longest answer
 * @param stops texts that end the answer and are left out of it
 * @param seed of all randomness
 */
public record Decoding(double temperature, double topP, int maxTokens, List<String> stops, long seed) {

    public Decoding {
        if (!(temperature >= 0 && temperature <= 2) || !(topP >= 0 && topP <= 1) || maxTokens < 1) {
            throw new IllegalArgumentException("temperature " + temperature + " must lie between 0 and 2, topP " + topP
                    + " between 0 and 1, and maxTokens " + maxTokens + " must be positive");
        }
        stops = List.copyOf(stops);
    }
}
