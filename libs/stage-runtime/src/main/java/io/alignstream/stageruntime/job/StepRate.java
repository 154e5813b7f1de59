package io.alignstream.stageruntime.job;

import java.util.OptionalDouble;

/** Steps a second, exponentially smoothed over the last half minute or so; not thread-safe. */
final class StepRate {

    private static final double TIME_CONSTANT = 15; // seconds

    private long lastStep;
    private double lastTime;
    private double stepsPerSecond = Double.NaN;

    /** Starts at {@code step}, {@code time} in seconds. */
    StepRate(long step, double time) {
        this.lastStep = step;
        this.lastTime = time;
    }

    /** Notes that {@code step} is reached at {@code time}, in seconds. */
    void observe(long step, double time) {
        double seconds = time - lastTime;
        if (step <= lastStep || seconds <= 0) {
            return;
        }
        double rate = (step - lastStep) / seconds;
        double weight = 1 - Math.exp(-seconds / TIME_CONSTANT);
        stepsPerSecond = Double.isNaN(stepsPerSecond) ? rate : stepsPerSecond + weight * (rate - stepsPerSecond);
        lastStep = step;
        lastTime = time;
    }

    /** Seconds until {@code totalSteps}, if the rate is known. */
    OptionalDouble eta(long totalSteps) {
        if (lastStep >= totalSteps) {
            return OptionalDouble.of(0);
        }
        return stepsPerSecond > 0
                ? OptionalDouble.of((totalSteps - lastStep) / stepsPerSecond)
                : OptionalDouble.empty();
    }
}
