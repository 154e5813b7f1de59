/**
 * How answers are written: {@link io.alignstream.inference.generation.Generations} takes requests, the {@link
 * io.alignstream.inference.generation.InferenceLoop} writes many at once, a {@link
 * io.alignstream.inference.generation.Generation} carries each one to whoever asked.
 */
@NullMarked
package io.alignstream.inference.generation;

import org.jspecify.annotations.NullMarked;
