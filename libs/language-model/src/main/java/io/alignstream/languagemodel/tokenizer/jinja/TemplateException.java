package io.alignstream.languagemodel.tokenizer.jinja;

/** A template that cannot be read, or a conversation that it cannot render; says why. */
public final class TemplateException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Whose fault it is. */
    public enum Kind {
        /** The template needs what this package has not. */
        UNSUPPORTED,
        /** The template has a fault, or refuses what it was given: it does so everywhere. */
        REFUSED
    }

    private final Kind kind;

    private TemplateException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    static TemplateException unsupported(String what) {
        return new TemplateException(Kind.UNSUPPORTED, what + " is not supported");
    }

    static TemplateException refused(String why) {
        return new TemplateException(Kind.REFUSED, why);
    }

    /** Whose fault it is. */
    public Kind kind() {
        return kind;
    }
}
