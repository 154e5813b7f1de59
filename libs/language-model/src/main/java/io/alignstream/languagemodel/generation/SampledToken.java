package io.alignstream.languagemodel.generation;

import java.util.List;

/**
 * A token that was sampled.
 *
 * @param logProbability natural, at the sampler's temperature (at 1 when it is 0), before candidates are left out; not a
 *     number if the model's probabilities are none
 * @param alternatives the most probable tokens at its place, the best first; as many as were asked for
 */
public record SampledToken(int id, double logProbability, List<Alternative> alternatives) {

    /** A token that could have come, with its natural log probability. */
    public record Alternative(int id, double logProbability) {}

    /** In the place of a token of a text that cannot go on. */
    static final SampledToken NONE = new SampledToken(-1, Double.NaN, List.of());

    public SampledToken {
        alternatives = List.copyOf(alternatives);
    }

    /** Whether the model's probabilities were numbers. If not its weights are damaged, or its training diverged. */
    public boolean isFinite() {
        return !Double.isNaN(logProbability);
    }
}
