/**
 * What travels between the stages: one {@link io.alignstream.contracts.Topic} constant for each Kafka topic, one record
 * for each event, references to the object store and the binary token-batch format.
 *
 * <p>Control events are CloudEvents in binary content mode with JSON data. Every record validates itself in its compact
 * constructor, so an instance that exists is well-formed; bytes that do not make one are reported as a {@link
 * io.alignstream.contracts.PoisonEventException} and belong in the topic's dead letters. Nothing here knows Quarkus or
 * DJL. All types are immutable and thread-safe, but for the two of {@code hash} that collect.
 */
@NullMarked
package io.alignstream.contracts;

import org.jspecify.annotations.NullMarked;
