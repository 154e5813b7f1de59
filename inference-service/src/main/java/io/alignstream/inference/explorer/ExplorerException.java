package io.alignstream.inference.explorer;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.core.Response;

/** A question that gets no answer, and why. */
final class ExplorerException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;

    private final Response.Status status;
    private final transient Reason reason;

    ExplorerException(Response.Status status, Reason reason) {
        super(Messages.english(reason));
        this.status = status;
        this.reason = reason;
    }

    Response.Status status() {
        return status;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
