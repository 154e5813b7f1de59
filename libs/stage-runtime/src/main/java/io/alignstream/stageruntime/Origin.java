package io.alignstream.stageruntime;

import io.alignstream.contracts.hash.RecordsHash;
import java.util.Optional;

/** Where an event stands in its topic, and what its record says besides the event; immutable. */
public interface Origin {

    int partition();

    long offset();

    /**
     * What the records of the partition come to that were read so far, this one included: the content of a range is the
     * difference of two of them.
     */
    default RecordsHash readSoFar() {
        return RecordsHash.NONE;
    }

    /** The record's key; empty if it has none. */
    Optional<String> key();

    /** The newest header called {@code name}, as text. */
    Optional<String> header(String name);
}
