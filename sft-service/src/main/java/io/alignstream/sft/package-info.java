/**
 * Supervised fine-tuning: a base model and instructions in, a model that answers out.
 *
 * <p>{@link io.alignstream.sft.SftStage} compares base checkpoints, instructions and SFT checkpoints and decides what to
 * train on, {@link io.alignstream.sft.SftJob} freezes that as a run and {@link io.alignstream.sft.SftLoop} is the
 * algorithm. An instruction with several reference answers is several conversations.
 */
@NullMarked
package io.alignstream.sft;

import org.jspecify.annotations.NullMarked;
