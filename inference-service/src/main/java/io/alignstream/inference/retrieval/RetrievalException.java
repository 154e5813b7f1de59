package io.alignstream.inference.retrieval;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/** Nothing can be found now, which may be otherwise in a moment. */
public final class RetrievalException extends Exception implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    RetrievalException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
