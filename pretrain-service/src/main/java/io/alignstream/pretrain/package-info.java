/**
 * Pretraining: packed token sequences in, a base model out.
 *
 * <p>{@link io.alignstream.pretrain.PretrainStage} compares tokenizers, token batches and base checkpoints and decides
 * what to train on, {@link io.alignstream.pretrain.PretrainJob} freezes that as a run and {@link
 * io.alignstream.pretrain.PretrainLoop} is the algorithm. A run's inputs are frozen by its checkpoint of step 0; from
 * then on everything that happens is a function of that checkpoint, so a killed run ends with the same weights.
 */
@NullMarked
package io.alignstream.pretrain;

import org.jspecify.annotations.NullMarked;
