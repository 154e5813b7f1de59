package io.alignstream.rlhf.guard;

import java.util.Optional;

/** One way in which a run goes wrong, and how its figures tell; immutable. */
sealed interface Signal
        permits OverOptimisation, NegativeKl, RatioDrift, EndRate, LengthDrift, EntropyCollapse, StaleRewardModel {

    /** What is wrong with {@code run} by its newest figures; empty where there are too few of them to tell. */
    Optional<Finding> look(RunFigures run);
}
