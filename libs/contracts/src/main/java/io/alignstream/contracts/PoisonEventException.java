package io.alignstream.contracts;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says why a record of a topic can never be processed; it belongs in the topic's dead letters with this reason. */
public final class PoisonEventException extends Exception implements Explained {

    private static final long serialVersionUID = 1L;

    /** A longer reason is cut: it may quote what the sender wrote, and travels in a header. */
    static final int MAX_REASON = 2_000;

    private final transient Reason reason;

    /** With why the record can never be processed. */
    public PoisonEventException(Reason reason) {
        super(cut(Messages.english(reason)));
        this.reason = cut(reason);
    }

    /** The same after {@code cause}. */
    public PoisonEventException(Reason reason, Throwable cause) {
        this(reason);
        initCause(cause);
    }

    /** Why the record can never be processed. */
    @Override
    public Reason reason() {
        return reason;
    }

    private static Reason cut(Reason reason) {
        Map<String, Object> arguments = new LinkedHashMap<>(reason.arguments());
        arguments.replaceAll((name, value) -> switch (value) {
            case String text -> cut(text);
            case Reason inner -> cut(inner);
            default -> value;
        });
        return new Reason(reason.code(), arguments);
    }

    private static String cut(String text) {
        return text.length() <= MAX_REASON ? text : text.substring(0, MAX_REASON - 1) + "…";
    }
}
