package io.alignstream.local.site;

/** Something went wrong that a person can understand and mend: the message says what, and the way out. */
public final class LaunchException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public LaunchException(String message) {
        super(message);
    }

    public LaunchException(String message, Throwable cause) {
        super(message, cause);
    }
}
