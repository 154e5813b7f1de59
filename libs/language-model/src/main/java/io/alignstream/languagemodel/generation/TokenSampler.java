package io.alignstream.languagemodel.generation;

import java.util.Map;

/**
 * How a token is chosen from the model's probabilities: bias and penalties change the logits, then the temperature divides
 * them, then top-k, top-p and min-p leave candidates out.
 *
 * @param temperature divides the logits; 0 takes the most probable token
 * @param topP share of the probability that the most probable candidates must cover, 0 to 1; the others are left out; 1
 *     takes all
 * @param topK so many of the most probable tokens are candidates; 0 takes all
 * @param minP candidates have at least this share of the most probable one's probability, 0 to 1 (Nguyen et al., arXiv
 *     2407.01082); 0 takes all
 * @param penalties on what the text holds already
 * @param bias added to the logits of these token ids
 */
public record TokenSampler(
        double temperature, double topP, int topK, double minP, Penalties penalties, Map<Integer, Double> bias) {

    /**
     * What makes a token less probable that the text holds already.
     *
     * @param repetition divides a positive logit of a token of prompt or answer, multiplies a negative one (Keskar et al.,
     *     arXiv 1909.05858); 1 changes nothing
     * @param presence is taken from the logit of each token of the answer
     * @param frequency is taken from it as often as the answer holds the token
     */
    public record Penalties(double repetition, double presence, double frequency) {

        /** None. */
        public static final Penalties NONE = new Penalties(1, 0, 0);

        public Penalties {
            if (!(repetition > 0) || !Double.isFinite(repetition + presence + frequency)) {
                throw new IllegalArgumentException("penalties of " + repetition + " for repetition, " + presence
                        + " for presence and " + frequency + " for frequency: the first must be positive, all finite");
            }
        }
    }

    public TokenSampler {
        if (!(temperature >= 0) || !(topP >= 0 && topP <= 1)) {
            throw new IllegalArgumentException(
                    "temperature " + temperature + " must be at least 0 and topP " + topP + " lie between 0 and 1");
        }
        if (topK < 0 || !(minP >= 0 && minP <= 1)) {
            throw new IllegalArgumentException(
                    "topK " + topK + " must be at least 0 and minP " + minP + " lie between 0 and 1");
        }
        bias = Map.copyOf(bias);
        bias.forEach((token, value) -> {
            if (token < 0 || !Double.isFinite(value)) {
                throw new IllegalArgumentException("a bias of " + value + " for token " + token + " is none");
            }
        });
    }

    /** All tokens are candidates. */
    public static TokenSampler atTemperature(double temperature) {
        return new TokenSampler(temperature, 1, 0, 0, Penalties.NONE, Map.of());
    }

    /** The same with the most probable candidates that cover {@code share}. */
    public TokenSampler withTopP(double share) {
        return new TokenSampler(temperature, share, topK, minP, penalties, bias);
    }
}
