package io.alignstream.training;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.io.Serial;

/** The run has come to its end, and the worker that led it has published the result. */
public final class LedElsewhereException extends IOException implements Explained {

    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** Of {@code run}. */
    public LedElsewhereException(String run) {
        this(Reason.of("training.ledElsewhere").with("run", run));
    }

    private LedElsewhereException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
