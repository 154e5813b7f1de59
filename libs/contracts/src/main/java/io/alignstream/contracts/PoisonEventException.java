package io.alignstream.contracts;

import org.jspecify.annotations.Nullable;

/** Says why a record of a topic can never be processed; it belongs in the topic's dead letters with this reason. */
public final class PoisonEventException extends Exception {

    private static final long serialVersionUID = 1L;

    /** A longer reason is cut: it may quote what the sender wrote, and travels in a header. */
    static final int MAX_REASON = 2_000;

    /** What {@link #getMessage} says, where the catalogues have it. */
    private final transient @Nullable Reason reason;

    /** A reason in words that no catalogue has: they name fields and values of the sender. */
    public PoisonEventException(String reason) {
        super(cut(reason));
        this.reason = null;
    }

    /** A reason of the catalogues; {@code english} is its sentence. */
    public PoisonEventException(Reason reason, String english) {
        super(cut(english));
        this.reason = reason;
    }

    public PoisonEventException(String reason, Throwable cause) {
        super(cut(reason), cause);
        this.reason = null;
    }

    /** Why the record can never be processed. */
    public Reason reason() {
        return reason == null ? Reason.verbatim(String.valueOf(getMessage())) : reason;
    }

    private static String cut(String reason) {
        return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON - 1) + "…";
    }
}
