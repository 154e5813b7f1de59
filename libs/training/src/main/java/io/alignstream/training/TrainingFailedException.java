package io.alignstream.training;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/** Training failed and could not heal itself: its reason says what was seen, what was tried and what may help. */
public final class TrainingFailedException extends IllegalStateException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** With what was seen and tried. */
    public TrainingFailedException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    /** What was seen and tried, for people. */
    @Override
    public Reason reason() {
        return reason;
    }
}
