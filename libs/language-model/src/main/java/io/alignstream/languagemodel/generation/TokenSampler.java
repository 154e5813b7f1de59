package io.alignstream.languagemodel.generation;

/**
 * How a token is chosen from the model's probabilities.
 *
 * @param temperature divides the logits; 0 takes the most probable token
 * @param topP share of the probability that the most probable candidates must cover, 0 to 1; the others are left out; 1
 *     takes all
 */
public record TokenSampler(double temperature, double topP) {

    public TokenSampler {
        if (!(temperature >= 0) || !(topP >= 0 && topP <= 1)) {
            throw new IllegalArgumentException(
                    "temperature " + temperature + " must be at least 0 and topP " + topP + " lie between 0 and 1");
        }
    }

    /** All tokens are candidates. */
    public static TokenSampler atTemperature(double temperature) {
        return new TokenSampler(temperature, 1);
    }
}
