package io.alignstream.contracts;

/** Says why a record of a topic can never be processed; it belongs in the topic's dead letters with this reason. */
public final class PoisonEventException extends Exception {

    private static final long serialVersionUID = 1L;

    /** A longer reason is cut: it may quote what the sender wrote, and travels in a header. */
    static final int MAX_REASON = 2_000;

    public PoisonEventException(String reason) {
        super(cut(reason));
    }

    public PoisonEventException(String reason, Throwable cause) {
        super(cut(reason), cause);
    }

    private static String cut(String reason) {
        return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON - 1) + "…";
    }
}
