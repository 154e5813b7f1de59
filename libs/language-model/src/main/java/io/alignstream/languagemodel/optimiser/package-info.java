/**
 * How gradients change weights; knows no loss.
 *
 * <p>An {@link io.alignstream.languagemodel.optimiser.Optimiser} takes whatever stands in {@link
 * io.alignstream.languagemodel.network.Gradients}; its state is part of every checkpoint. Another one is a further class
 * beside {@link io.alignstream.languagemodel.optimiser.AdamW}, which a loop hands to its learner. {@link
 * io.alignstream.languagemodel.optimiser.OuterNesterov} brings together what several of them have come to, each by itself; {@link
 * io.alignstream.languagemodel.optimiser.LinearSchedule} is the learning rate of a run whose steps are known.
 */
@NullMarked
package io.alignstream.languagemodel.optimiser;

import org.jspecify.annotations.NullMarked;
