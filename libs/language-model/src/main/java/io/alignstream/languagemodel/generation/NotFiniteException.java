package io.alignstream.languagemodel.generation;

/** A model's probabilities are no numbers: its weights are damaged, or its training diverged. */
public final class NotFiniteException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Says so. */
    public NotFiniteException() {
        super("the model's probabilities are no numbers: its weights are damaged, or its training diverged");
    }
}
