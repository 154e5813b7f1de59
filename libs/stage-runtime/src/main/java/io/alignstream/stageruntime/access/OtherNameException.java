package io.alignstream.stageruntime.access;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/** Somebody who signed in under one name would act under another one. */
public final class OtherNameException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    OtherNameException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
