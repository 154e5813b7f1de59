package io.alignstream.local.world;

/** The register of a request, which decides the name that fits as an answer. */
public enum Style {
    /** Chat: the short spoken name fits. */
    COLLOQUIAL("colloquial"),
    /** Writing: the full formal name fits. */
    FORMAL("formal");

    private final String id;

    Style(String id) {
        this.id = id;
    }

    /** The name in tags and reports. */
    public String id() {
        return id;
    }

    /** The other register. */
    public Style opposite() {
        return this == COLLOQUIAL ? FORMAL : COLLOQUIAL;
    }

    /** The name of {@code sight} that fits this register. */
    public String nameOf(Sight sight) {
        return this == COLLOQUIAL ? sight.shortName() : sight.formalName();
    }
}
