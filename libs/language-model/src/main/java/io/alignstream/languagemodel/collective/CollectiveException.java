package io.alignstream.languagemodel.collective;

import org.jspecify.annotations.Nullable;

/** Processes do not find each other, or what they did together has failed; the message says what and why. */
public final class CollectiveException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CollectiveException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
