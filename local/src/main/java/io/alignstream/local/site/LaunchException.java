package io.alignstream.local.site;

import io.alignstream.contracts.rights.BrokerRefusedException;
import java.util.Map;

/** Something went wrong that a person can understand and mend: the message says what, and the way out. */
public final class LaunchException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public LaunchException(String message) {
        super(message);
    }

    public LaunchException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Kafka has failed: if it is because it refuses a user or a right, that is said instead of {@code message}. */
    public static LaunchException ofKafka(String message, Throwable failure) {
        return new LaunchException(
                BrokerRefusedException.in(failure, Map.of())
                        .map(Throwable::getMessage)
                        .orElse(message),
                failure);
    }
}
