package io.alignstream.training.effort;

import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** Measures what a process does for a run, lap by lap. For one thread. */
public final class EffortClock {

    private static final double NANOSECONDS = 1e9;

    private final LongSupplier nanoTime;
    private final EnergyMeter meter;
    private final int processors;
    private final boolean onCard;
    private long since;

    /**
     * A clock that begins now.
     *
     * @param processors logical processors that a worker computes with
     * @param onCard whether it computes on a card
     */
    public EffortClock(EnergyMeter meter, int processors, boolean onCard) {
        this(System::nanoTime, meter, processors, onCard);
    }

    EffortClock(LongSupplier nanoTime, EnergyMeter meter, int processors, boolean onCard) {
        this.nanoTime = nanoTime;
        this.meter = meter;
        this.processors = processors;
        this.onCard = onCard;
        begin();
    }

    /** What was before counts for nothing: somebody else has counted it. */
    public void begin() {
        since = nanoTime.getAsLong();
        meter.joules();
    }

    /**
     * What was done since the last lap, or the beginning.
     *
     * @param workers that did it
     */
    public Effort lap(double workers) {
        long now = nanoTime.getAsLong();
        double seconds = Math.max(0, now - since) / NANOSECONDS;
        since = now;
        OptionalDouble joules = meter.joules();
        boolean metered = joules.isPresent() && workers <= 1 && !onCard; // it sees this machine's processors alone
        return new Effort(
                seconds,
                seconds * processors * workers,
                onCard ? seconds * workers : 0,
                metered ? seconds : 0,
                metered ? joules.orElse(0) : 0);
    }
}
