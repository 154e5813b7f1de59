/**
 * Writing text with a network: one way, for rollouts, evaluation, the command line and serving.
 *
 * <p>{@link io.alignstream.languagemodel.generation.PreparedWeights} are made once of a network. An {@link
 * io.alignstream.languagemodel.generation.Engine} writes many texts with them at once: each step feeds all of them, with keys
 * and values in blocks, and samples each one's next token as its {@link
 * io.alignstream.languagemodel.generation.TokenSampler} says. {@link
 * io.alignstream.languagemodel.generation.AnswerSampler} does that for a batch until every answer has ended. All random
 * numbers come from the caller.
 */
@NullMarked
package io.alignstream.languagemodel.generation;

import org.jspecify.annotations.NullMarked;
