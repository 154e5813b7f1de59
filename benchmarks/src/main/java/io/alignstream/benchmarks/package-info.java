/** Benchmarks behind {@code ./alignstream bench NAME}, outside {@code verify}. */
@NullMarked
package io.alignstream.benchmarks;

import org.jspecify.annotations.NullMarked;
