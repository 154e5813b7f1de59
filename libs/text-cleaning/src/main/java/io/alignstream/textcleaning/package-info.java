/**
 * The rules that raw text passes before it becomes training data; no Kafka, no framework.
 *
 * <p>{@link io.alignstream.textcleaning.TextCleaner} applies the {@link io.alignstream.textcleaning.Rule}s that a
 * {@link io.alignstream.textcleaning.CleaningProfile} switches on, in their order. A rule repairs, masks or drops; what
 * it drops is named with the figure that did not pass. {@link io.alignstream.textcleaning.NearDuplicates} gives the keys
 * under which similar documents meet. Every result is a function of the text and the profile alone.
 *
 * <p>Texts are measured in {@linkplain io.alignstream.textcleaning.Words words}; where a language writes no spaces a
 * character is a word, and the limits are other ones: see docs/data.md for how they were found.
 */
@NullMarked
package io.alignstream.textcleaning;

import org.jspecify.annotations.NullMarked;
