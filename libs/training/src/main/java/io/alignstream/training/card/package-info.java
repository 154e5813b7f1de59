/**
 * What is told of a model with a release: a card, of its manifests, of the frozen data that they name and of what was measured
 * of it afterwards. {@link io.alignstream.training.card.CardReader} gathers, {@link io.alignstream.training.card.ModelCard} is what
 * it finds, {@link io.alignstream.training.card.MarkdownCard} writes that down. What nobody has said or measured is said to be
 * missing, and never made up.
 */
@NullMarked
package io.alignstream.training.card;

import org.jspecify.annotations.NullMarked;
