/**
 * How gradients change weights; knows no loss.
 *
 * <p>{@link io.alignstream.languagemodel.optimiser.AdamW} takes whatever stands in {@link
 * io.alignstream.languagemodel.network.Gradients}. Its moments are part of every checkpoint. {@link
 * io.alignstream.languagemodel.optimiser.LinearSchedule} is the learning rate of a run whose steps are known.
 */
@NullMarked
package io.alignstream.languagemodel.optimiser;

import org.jspecify.annotations.NullMarked;
