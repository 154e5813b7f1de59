package io.alignstream.inference.constraint;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;

/** A schema that cannot be kept exactly, or that no document satisfies; the reason names the place. */
public final class UnsupportedSchemaException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    UnsupportedSchemaException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    /** With the limits, whichever of them it is. */
    static UnsupportedSchemaException tooLarge() {
        return new UnsupportedSchemaException(Reason.of("schema.tooLarge")
                .with("members", SchemaReader.MOST_MEMBERS)
                .with("ways", Expressions.MOST_WAYS)
                .with("references", SchemaReader.MOST_REFERENCES)
                .with("levels", SchemaReader.MOST_LEVELS)
                .with("name", SchemaReader.LONGEST_NAME));
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
