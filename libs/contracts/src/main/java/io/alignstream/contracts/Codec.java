package io.alignstream.contracts;

import org.apache.kafka.common.header.Headers;

/** Turns events of one type into record bytes and back; implementations are thread-safe. */
public interface Codec<T> {

    /** The record value of {@code event}; its CloudEvents attributes are added to {@code headers}. */
    byte[] encode(T event, String source, Headers headers);

    /** Adds the headers that {@link #encode} adds, for a value that was encoded before. */
    default void stamp(String source, Headers headers) {}

    /**
     * Reads an event.
     *
     * @throws PoisonEventException if the bytes or headers do not make a valid event, with the reason
     */
    T decode(byte[] value, Headers headers) throws PoisonEventException;
}
