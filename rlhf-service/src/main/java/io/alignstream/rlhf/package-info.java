/**
 * The SFT model is tuned against the reward model with PPO and judged by a gate before it may be served.
 *
 * <p>{@link io.alignstream.rlhf.RlhfStage} decides what runs, {@link io.alignstream.rlhf.training.PpoLoop} is the training: a
 * {@link io.alignstream.rlhf.training.Rollout} makes episodes, an {@link io.alignstream.rlhf.training.Episode} is one sampled answer with what
 * PPO computes from it. {@link io.alignstream.rlhf.gate.HeldOutComparison} and {@link io.alignstream.rlhf.gate.Gate} compare the
 * result with the SFT model on prompts that training never saw.
 */
@NullMarked
package io.alignstream.rlhf;

import org.jspecify.annotations.NullMarked;
