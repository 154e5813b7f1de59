package io.alignstream.local.input.file;

import java.nio.file.Path;

/** Says what is wrong with a user's file, where, and what to do; the message is meant for the user as it is. */
public final class InputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A problem that names its place itself. */
    public InputException(String message) {
        super(message);
    }

    /** A problem with {@code file} as a whole. */
    public InputException(Path file, String problem) {
        this(file.toString(), problem);
    }

    /** A problem with a file as the user named it, which may be an {@code s3:} address. */
    public InputException(String name, String problem) {
        super(name + ": " + problem);
    }

    /** A problem at {@code line}, counted from 1. */
    public InputException(Path file, long line, String problem) {
        this(file, "line " + line, problem);
    }

    /** A problem at {@code place}, for example {@code row 7}. */
    public InputException(Path file, String place, String problem) {
        super(file + " " + place + ": " + problem);
    }
}
