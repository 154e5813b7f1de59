package io.alignstream.stageruntime;

import java.util.Optional;

/** Where an event stands in its topic, and what its record says besides the event; immutable. */
public interface Origin {

    int partition();

    long offset();

    /** The record's key; empty if it has none. */
    Optional<String> key();

    /** The newest header called {@code name}, as text. */
    Optional<String> header(String name);
}
