package io.alignstream.contracts.check;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/**
 * Says that a record holds an event of a later version than this program knows. It is no poison: the release that comes next reads
 * it, so whoever meets one waits before it, and loses nothing.
 */
public final class NewerEventException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** With which record it is, and of what version. */
    public NewerEventException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
