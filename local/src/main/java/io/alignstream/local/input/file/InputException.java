package io.alignstream.local.input.file;

import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.nio.file.Path;

/** Says what is wrong with a user's file, where, and what to do; the message is meant for the user as it is. */
public final class InputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String kind;

    /** A problem that names its place itself. */
    public InputException(String message) {
        super(message);
        this.kind = shape(message);
    }

    /** A problem with {@code file} as a whole. */
    public InputException(Path file, String problem) {
        this(file.toString(), problem, shape(problem));
    }

    /** A problem with a file as the user named it, which may be an {@code s3:} address. */
    public InputException(String name, String problem) {
        this(name, problem, shape(problem));
    }

    /** A problem at {@code line}, counted from 1. */
    public InputException(Path file, long line, String problem) {
        this(file, "line " + line, problem);
    }

    /** A problem at {@code place}, for example {@code row 7}. */
    public InputException(Path file, String place, String problem) {
        this(file, place, problem, shape(problem));
    }

    /** The same of a kind of its own, where the problem names things that differ each time. */
    public InputException(Path file, String place, String problem, String kind) {
        this(file + " " + place, problem, kind);
    }

    /** What an event's contract or a format says of an element at {@code place}. */
    public InputException(Path file, String place, Reason reason) {
        this(file + " " + place, Messages.english(reason), kind(reason));
    }

    private InputException(String name, String problem, String kind) {
        super(name + ": " + problem);
        this.kind = kind;
    }

    /** The same text for problems of one kind, whatever the place, the numbers and the names in them; for counting. */
    public String kind() {
        return kind;
    }

    private static String shape(String problem) {
        return problem.replaceAll("\"[^\"]*\"", "\"\"").replaceAll("\\d[\\d,.]*", "0");
    }

    private static String kind(Reason reason) {
        StringBuilder kind = new StringBuilder(reason.code());
        reason.arguments().forEach((name, argument) -> {
            if (argument instanceof Reason nested) {
                kind.append(' ').append(kind(nested));
            } else if (name.equals("field")) {
                kind.append(' ').append(shape(argument.toString()));
            }
        });
        return kind.toString();
    }
}
