package io.alignstream.pretrain;

/**
 * The learning rate over a stream: warm-up, stable, decay (Hu et al., arXiv 2404.06395).
 *
 * <p>The stable phase is a trunk that goes on for as long as documents come; each published base model is a decay branch
 * of it. The first run warms up, stays and decays; a later one starts from the trunk where the decay of the one before
 * branched off, stays for as long as there is data that the trunk has not read, and decays again.
 *
 * @param steps optimiser steps of the first run; 0 derives them from {@code epochs}
 * @param epochs passes over the data of the first run, used if {@code steps} is 0
 * @param learningRate peak learning rate
 * @param warmupShare share of the first run's steps in which the learning rate rises from 0
 * @param decayShare share of a run's steps, at the end, in which it falls to {@code finalShare}
 * @param leastDecaySteps a later run decays for at least so many steps
 * @param finalShare last learning rate as a share of the peak
 */
public record Schedule(
        long steps,
        double epochs,
        double learningRate,
        double warmupShare,
        double decayShare,
        long leastDecaySteps,
        double finalShare) {

    public Schedule {
        if (!(warmupShare + decayShare <= 1)) {
            throw new IllegalArgumentException("alignstream.pretrain.decay-share is " + decayShare
                    + " but must, with alignstream.pretrain.warmup-share, which is " + warmupShare + ", be at most 1");
        }
        if (steps < 1 && !(epochs > 0)) {
            throw new IllegalArgumentException("alignstream.pretrain.epochs is " + epochs
                    + " but must be more than 0 where alignstream.pretrain.steps is 0");
        }
    }

    /**
     * The steps of one run.
     *
     * @param total optimiser steps
     * @param warmup steps in which the learning rate rises
     * @param decay steps in which it falls
     */
    public record Run(long total, double warmup, double decay) {

        /** Steps after which the decay branches off: the last state with the full learning rate. */
        long branch() {
            return Math.min(total, (long) Math.floor(total - decay) + 1);
        }

        /** Learning rate of step {@code step} (from 0); each phase is linear. */
        double learningRate(long step, double peak, double finalShare) {
            double rising = Math.min(1, (step + 1) / warmup);
            double falling = Math.min(1, (total - step) / decay);
            return peak * rising * (finalShare + (1 - finalShare) * falling);
        }
    }

    /** A run from random weights on {@code sequences} training sequences. */
    public Run first(long sequences, int batch) {
        long total = steps > 0 ? steps : Math.max(1, (long) Math.ceil(epochs * sequences / batch));
        return new Run(total, Math.max(1, warmupShare * total), Math.max(1, decayShare * total));
    }

    /** A run that continues the trunk on {@code unread} sequences. */
    Run continued(long unread, int batch) {
        long stable = Math.max(1, (unread + batch - 1) / batch);
        double share = decayShare < 1 ? decayShare / (1 - decayShare) : 1;
        long decay = Math.max(leastDecaySteps, Math.round(share * stable));
        return new Run(stable + decay - 1, 1, decay);
    }
}
