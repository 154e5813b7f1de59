package io.alignstream.pretrain;

/** Training failed and could not heal itself: its message says what was seen, what was tried and what may help. */
public final class TrainingFailedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    TrainingFailedException(String message) {
        super(message);
    }
}
