package io.alignstream.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The best evaluation of a run so far; immutable.
 *
 * @param step at which it was made; 0 before the first one
 * @param judgement lower is better; stored under the name that it had when only bits per byte were judged
 * @param worse evaluations since then, all of them worse
 */
public record BestModel(long step, @JsonProperty("bitsPerByte") double judgement, int worse) {

    static final BestModel NONE = new BestModel(0, 0, 0);

    boolean isBeatenBy(double other) {
        return step == 0 || other < judgement;
    }

    BestModel after(long atStep, double other) {
        return isBeatenBy(other) ? new BestModel(atStep, other, 0) : new BestModel(step, judgement, worse + 1);
    }
}
