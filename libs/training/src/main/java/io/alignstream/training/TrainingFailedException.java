package io.alignstream.training;

/** Training failed and could not heal itself: its message says what was seen, what was tried and what may help. */
public final class TrainingFailedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** With what was seen and tried. */
    public TrainingFailedException(String message) {
        super(message);
    }
}
