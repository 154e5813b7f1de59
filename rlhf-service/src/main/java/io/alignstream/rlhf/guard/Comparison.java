package io.alignstream.rlhf.guard;

/**
 * What a comparison on held-out prompts says about over-optimisation, as Gao et al. (arXiv 2210.10760) draw it.
 *
 * @param iteration 0 for the SFT model itself
 * @param kl of the policy from the SFT model on held-out prompts, in nats an answer
 * @param reward mean score of the reward model since the comparison before, on the prompts of training; on held-out ones where
 *     the algorithm scores none
 * @param judge mean score of the judge on held-out prompts
 */
public record Comparison(long iteration, double kl, double reward, double judge) {}
