package io.alignstream.rlhf.guard;

import io.alignstream.stageruntime.settings.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/**
 * Settings of the guard, {@code alignstream.rlhf.guard.*}: when a run is paused. They shape no weights, so they are no part of a
 * run's identity.
 */
@ConfigMapping(prefix = "alignstream.rlhf.guard")
public interface GuardConfig {

    /** Iterations in whose mean a figure must be wrong; at first, and now. */
    @WithDefault("5")
    @Between(least = "1", greatest = "400")
    int iterations();

    /** Comparisons in a row in which the judge's score must be below its best while the reward is above. */
    @WithDefault("2")
    @Between(least = "1", greatest = "1000")
    int comparisons();

    /** How far the judge's score must be below its best; its scores have deviation 1 when it is trained. */
    @WithDefault("0.25")
    @Between(least = "0", greatest = "1000000")
    double judgeLoss();

    /** A mean KL from the SFT model below this is none, in nats. */
    @WithDefault("-0.05")
    @Between(least = "-1000000", greatest = "0")
    double negativeKl();

    /** Greatest distance of the mean probability ratio of new to old policy from 1. */
    @WithDefault("0.3")
    @Between(least = "0.000001", greatest = "1000000")
    double ratio();

    /** Least share of the first end rate that must be left. */
    @WithDefault("0.9")
    @Between(least = "0", greatest = "1")
    double endRate();

    /** Most times that answers may be longer, or shorter, than at first. */
    @WithDefault("2")
    @Between(least = "1", greatest = "1000000")
    double length();

    /** Least share of the policy's first entropy that must be left. */
    @WithDefault("0.05")
    @Between(least = "0", greatest = "1")
    double entropy();

    /** Fewest pairs of rankings newer than the reward model by which it is judged. */
    @WithDefault("100")
    @Between(least = "1", greatest = "1000000")
    int freshPairs();

    /** Most that the reward model's accuracy on such pairs may be below that on the pairs held out from its training. */
    @WithDefault("0.15")
    @Between(least = "0", greatest = "1")
    double freshAccuracyLoss();
}
