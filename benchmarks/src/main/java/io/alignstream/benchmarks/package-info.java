/**
 * Benchmarks behind {@code ./alignstream bench NAME}, outside {@code verify}: {@link
 * io.alignstream.benchmarks.Benchmarks} lists them.
 */
@NullMarked
package io.alignstream.benchmarks;

import org.jspecify.annotations.NullMarked;
