/**
 * Models of other programs in, models for other programs out.
 *
 * <p>A checkpoint is a Hugging Face directory already; this package holds what goes beyond: taking in a directory that
 * others wrote, and other layouts of weights.
 */
@NullMarked
package io.alignstream.languagemodel.exchange;

import org.jspecify.annotations.NullMarked;
