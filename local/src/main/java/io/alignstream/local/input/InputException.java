package io.alignstream.local.input;

import java.nio.file.Path;

/** Says what is wrong with a user's file, where, and what to do; the message is meant for the user as it is. */
public final class InputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A problem with {@code file} as a whole. */
    public InputException(Path file, String problem) {
        super(file + ": " + problem);
    }

    /** A problem at {@code line}, counted from 1. */
    public InputException(Path file, long line, String problem) {
        super(file + " line " + line + ": " + problem);
    }
}
