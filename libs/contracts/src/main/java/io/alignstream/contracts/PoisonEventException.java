package io.alignstream.contracts;

/** Says why a record of a topic can never be processed; it belongs in the topic's dead letters with this reason. */
public final class PoisonEventException extends Exception {

    private static final long serialVersionUID = 1L;

    public PoisonEventException(String reason) {
        super(reason);
    }

    public PoisonEventException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
