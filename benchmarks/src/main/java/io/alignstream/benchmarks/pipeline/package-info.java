/**
 * How fast data moves through real services and a real broker: cleaning, token batches, the whole demonstration.
 */
@NullMarked
package io.alignstream.benchmarks.pipeline;

import org.jspecify.annotations.NullMarked;
