package io.alignstream.training;

import io.alignstream.contracts.messages.Reason;
import java.util.Optional;

/**
 * Why a step must not count.
 *
 * @param why what was seen, for people
 * @param fromStart whether what was trained so far is of no use
 * @param suspect the data of the step, if it may be to blame and can be left out
 */
public record Trouble(Reason why, boolean fromStart, Optional<Window> suspect) {

    /**
     * Part of the data.
     *
     * @param first place of its first element in the order of training
     * @param size number of elements
     */
    public record Window(long first, int size) {}

    /** A loss or a gradient that is no number, on data that is not to blame. */
    public static Trouble notFinite(double loss, double gradientNorm, double learningRate) {
        return of(Reason.of("training.notFiniteAtRate")
                .with("loss", Double.toString(loss))
                .with("norm", Double.toString(gradientNorm))
                .with("learningRate", Double.toString(learningRate)));
    }

    /** Trouble whose cause is not in the data. */
    public static Trouble of(Reason why) {
        return new Trouble(why, false, Optional.empty());
    }

    /** Trouble after which the run has to begin again. */
    public static Trouble fromStart(Reason why) {
        return new Trouble(why, true, Optional.empty());
    }

    /** Trouble on account of {@code window}, perhaps. */
    public static Trouble at(Window window, Reason why) {
        return new Trouble(why, false, Optional.of(window));
    }
}
