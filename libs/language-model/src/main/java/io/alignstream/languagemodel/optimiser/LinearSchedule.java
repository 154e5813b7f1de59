package io.alignstream.languagemodel.optimiser;

/**
 * A learning rate that rises linearly from 0 to its peak, the warm-up, and then falls linearly to 0. Immutable.
 *
 * @param peak learning rate, at least 0
 * @param warmupShare share of the steps, from 0 to 1, in which it rises; the first step has the peak where it is 0
 */
public record LinearSchedule(double peak, double warmupShare) {

    public LinearSchedule {
        if (!(peak >= 0)) {
            throw new IllegalArgumentException("the peak learning rate is " + peak + " but must be at least 0");
        }
        if (!(warmupShare >= 0 && warmupShare <= 1)) {
            throw new IllegalArgumentException(
                    "the warm-up's share of the steps is " + warmupShare + " but must lie between 0 and 1");
        }
    }

    /** Learning rate of step {@code step} (from 0) of {@code totalSteps}. */
    public double learningRate(long step, long totalSteps) {
        double warmup = Math.max(1, warmupShare * totalSteps);
        double rising = (step + 1) / warmup;
        double falling = (totalSteps - step) / Math.max(1, totalSteps - warmup);
        return peak * Math.min(1, Math.min(rising, falling));
    }
}
