/**
 * How well models predict held-out text: the transformer in several depths beside n-grams, LSTM and GRU, and what
 * local SGD costs it.
 */
@NullMarked
package io.alignstream.benchmarks.models;

import org.jspecify.annotations.NullMarked;
