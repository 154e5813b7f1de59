/** Which trace an event belongs to: one header, so that a trace goes from topic to topic whoever publishes. */
@NullMarked
package io.alignstream.contracts.tracing;

import org.jspecify.annotations.NullMarked;
