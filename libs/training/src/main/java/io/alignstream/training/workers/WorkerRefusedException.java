package io.alignstream.training.workers;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/** A process that must not work on a run, because its bits or its settings are others. */
public final class WorkerRefusedException extends IllegalStateException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** With what differs. */
    public WorkerRefusedException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    /** Whether it passes by itself within seconds: others have begun another run, which this process joins as soon as it shows. */
    public boolean passes() {
        return reason.code().equals("workers.otherRun");
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
