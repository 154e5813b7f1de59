/**
 * Kafka Streams as this service runs it: one application exactly-once, its memory bounded, how far a group has read.
 */
@NullMarked
package io.alignstream.tokenizer.streams;

import org.jspecify.annotations.NullMarked;
