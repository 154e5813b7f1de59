package io.alignstream.training;

import java.util.Optional;

/**
 * Why a step must not count.
 *
 * @param text what was seen, for people
 * @param fromStart whether what was trained so far is of no use
 * @param suspect the data of the step, if it may be to blame and can be left out
 */
public record Trouble(String text, boolean fromStart, Optional<Window> suspect) {

    /**
     * Part of the data.
     *
     * @param first place of its first element in the order of training
     * @param size number of elements
     */
    public record Window(long first, int size) {}

    /** Trouble whose cause is not in the data. */
    public static Trouble of(String text) {
        return new Trouble(text, false, Optional.empty());
    }

    /** Trouble after which the run has to begin again. */
    public static Trouble fromStart(String text) {
        return new Trouble(text, true, Optional.empty());
    }

    /** Trouble on account of {@code window}, perhaps. */
    public static Trouble at(Window window, String text) {
        return new Trouble(text, false, Optional.of(window));
    }
}
