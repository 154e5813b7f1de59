/**
 * Writing text with a network: one way, for rollouts, evaluation, the command line and serving.
 *
 * <p>{@link io.alignstream.languagemodel.generation.PreparedWeights} are made once of a network, a {@link
 * io.alignstream.languagemodel.generation.Decoder} feeds several rows' tokens through them with a key-value cache and
 * samples each row's next token as its {@link io.alignstream.languagemodel.generation.TokenSampler} says, {@link
 * io.alignstream.languagemodel.generation.AnswerSampler} does that until every answer has ended. All random numbers come
 * from the caller.
 */
@NullMarked
package io.alignstream.languagemodel.generation;

import org.jspecify.annotations.NullMarked;
