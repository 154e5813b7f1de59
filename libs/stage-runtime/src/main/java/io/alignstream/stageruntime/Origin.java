package io.alignstream.stageruntime;

import io.alignstream.contracts.hash.RecordsHash;
import java.time.Instant;
import java.util.Optional;

/** Where an event stands in its topic, and what its record says besides the event; immutable. */
public interface Origin {

    int partition();

    long offset();

    /** When the record was written, by its producer's clock; 1970 where nothing is known of that. */
    default Instant time() {
        return Instant.EPOCH;
    }

    /** Of the record. */
    default RecordsHash hash() {
        return RecordsHash.NONE;
    }

    /** Of all records of the partition up to and with this one: a range of records is the difference of two of them. */
    default RecordsHash upTo() {
        return RecordsHash.NONE;
    }

    /** The record's key; empty if it has none. */
    Optional<String> key();

    /** The newest header called {@code name}, as text. */
    Optional<String> header(String name);
}
