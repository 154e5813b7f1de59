package io.alignstream.rlhf.guard;

import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Optional;

/**
 * The reward model is wrong about rankings that came after it was trained: people have come to prefer something else, or the
 * policy has left what the model was trained on.
 *
 * <p>The model does not change during a run, so each comparison would tell the same again: who lets the run go on has
 * accepted the accuracy as it was, and only one that is as far below that tells anything new.
 *
 * @param pairs fewest pairs of fresh rankings that tell anything
 * @param accuracyLoss how far the accuracy on them is below the one on the rankings held out from its training, 0 to 1
 */
record StaleRewardModel(int pairs, double accuracyLoss) implements Signal {

    @Override
    public Optional<Finding> look(RunFigures run) {
        double count = newest(run, FreshRankings.PAIRS);
        double fresh = newest(run, FreshRankings.ACCURACY);
        double heldOut = newest(run, FreshRankings.HELD_OUT_ACCURACY);
        if (!isStale(count, fresh, heldOut) || !(fresh < accepted(run, heldOut) - accuracyLoss)) {
            return Optional.empty();
        }
        long iteration =
                run.newest(FreshRankings.ACCURACY, 1).orElseThrow().getLast().iteration();
        return Optional.of(new Finding(
                "stale-reward-model",
                List.of(FreshRankings.HELD_OUT_ACCURACY, FreshRankings.ACCURACY),
                iteration,
                iteration,
                Reason.of("guard.staleRewardModel")
                        .with("since", iteration)
                        .with("pairs", Math.round(count))
                        .with("fresh", fresh)
                        .with("heldOut", heldOut)));
    }

    private boolean isStale(double count, double fresh, double heldOut) {
        return count >= pairs && fresh < heldOut - accuracyLoss;
    }

    /** The accuracy that must be left: the one that a person knew to be low, else {@code heldOut}. */
    private double accepted(RunFigures run, double heldOut) {
        double count = run.settled(FreshRankings.PAIRS).orElse(0.0);
        double fresh = run.settled(FreshRankings.ACCURACY).orElse(Double.NaN);
        return isStale(count, fresh, heldOut) ? fresh : heldOut;
    }

    private static double newest(RunFigures run, String figure) {
        return run.newest(figure, 1).map(RunFigures::mean).orElse(Double.NaN);
    }
}
