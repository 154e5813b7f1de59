/**
 * What benchmarks share: options, clocks, generated text, peers in Python, and the file of figures.
 *
 * <p>A peer is a process of its own, installed once into an environment of its own; one that cannot be installed is left
 * out of the comparison and said so.
 */
@NullMarked
package io.alignstream.benchmarks.harness;

import org.jspecify.annotations.NullMarked;
