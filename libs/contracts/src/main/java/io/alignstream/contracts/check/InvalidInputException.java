package io.alignstream.contracts.check;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/** What was handed in is not as it must be: a field of an event, a value of a call, the data of a job. */
public final class InvalidInputException extends IllegalArgumentException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** With what is wrong, and the way out. */
    public InvalidInputException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
