package io.alignstream.inference.generation;

import java.util.concurrent.RejectedExecutionException;

/** More is asked than can be answered in good time. */
public final class OverloadException extends RejectedExecutionException {

    private static final long serialVersionUID = 1L;

    private final int retryAfter;

    /** There will probably be room after so many seconds. */
    OverloadException(int retryAfter) {
        super("too much is asked at once; there will be room in about " + retryAfter + " seconds");
        this.retryAfter = retryAfter;
    }

    /** Seconds after which there will probably be room. */
    public int retryAfter() {
        return retryAfter;
    }
}
