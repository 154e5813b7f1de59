package io.alignstream.inference.constraint;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of byte strings: what may still come. Equal sets of one {@link Expressions} are mostly one object, so a state is known
 * again by identity.
 */
final class Expression {

    /** How it is put together. */
    enum Kind {
        /** No byte string at all: a way that leads nowhere. */
        NOTHING,
        /** The empty byte string alone: the end. */
        END,
        /** One byte of a set. */
        BYTE,
        /** One after the other. */
        SEQUENCE,
        /** Any of several. */
        CHOICE,
        /** One several times. */
        REPEAT,
        /** What stands under a name. */
        REFERENCE
    }

    /** Of a repetition without a greatest number. */
    static final int UNBOUNDED = Integer.MAX_VALUE;

    /** What tells it from others; parts are compared by identity, as each stands for itself. */
    record Form(Kind kind, List<Expression> parts, BitSet bytes, int least, int most, String name) {}

    private final Form form;
    private final int number;
    private final boolean mayEnd;
    /** By byte, as far as they were asked for. */
    private Expression @Nullable [] next;

    Expression(Form form, int number) {
        this.form = form;
        this.number = number;
        this.mayEnd = switch (form.kind()) {
            case END -> true;
            case NOTHING, BYTE, REFERENCE -> false; // what has a name is a JSON value, which is never empty
            case SEQUENCE -> form.parts().stream().allMatch(Expression::mayEnd);
            case CHOICE -> form.parts().stream().anyMatch(Expression::mayEnd);
            case REPEAT -> form.least() == 0;
        };
    }

    Form form() {
        return form;
    }

    Kind kind() {
        return form.kind();
    }

    /** The order in which they were made. */
    int number() {
        return number;
    }

    /** Whether nothing more need come. */
    boolean mayEnd() {
        return mayEnd;
    }

    boolean isNothing() {
        return form.kind() == Kind.NOTHING;
    }

    @Nullable
    Expression known(int aByte) {
        return next == null ? null : next[aByte];
    }

    /** Whether it is the first one since {@link #forget}. */
    boolean know(int aByte, Expression derivative) {
        boolean first = next == null;
        if (next == null) {
            next = new Expression[256];
        }
        next[aByte] = derivative;
        return first;
    }

    void forget() {
        next = null;
    }
}
