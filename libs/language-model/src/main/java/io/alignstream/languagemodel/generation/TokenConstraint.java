package io.alignstream.languagemodel.generation;

import java.util.BitSet;

/**
 * Which tokens may come next in one text, as a grammar says.
 *
 * <p>Belongs to one text. It is asked on the thread that writes all texts, once for each token: while it thinks, none goes on.
 * One that throws fails its text alone.
 */
public interface TokenConstraint {

    /** Ids that may come next, at least one. The caller does not change them. */
    BitSet allowed();

    /** {@code token}, one of the {@link #allowed()}, has come. */
    void advance(int token);
}
