package io.alignstream.training.workers;

import java.io.Serial;

/** A worker has come or gone: the step that was begun has changed nothing and is taken again by those that are there. */
public final class WorkersChangedException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    /** With what it was noticed by. */
    public WorkersChangedException(String what, Throwable cause) {
        super(what, cause);
    }

    /** Without another exception. */
    public WorkersChangedException(String what) {
        super(what);
    }
}
