package io.alignstream.stageruntime.job;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Whether a training step takes so long that it will never end, as one does that waits for a card or a worker that is lost;
 * thread-safe.
 *
 * <p>What lies between steps (reading, evaluating, saving) is not watched: how long it may take depends on data and store. Before
 * it knows what a step takes, it is patient: the first steps of a run compile and allocate.
 */
public final class StepWatch {

    /** So many times as long as the median of those before it. */
    private static final long TIMES = 20;

    /** Steps before the median counts, and how much longer one may take until then. */
    private static final int KNOWN = 3;

    private static final int PATIENCE = 6;
    private static final int REMEMBERED = 64;

    private final Duration longest;
    private final LongSupplier nanoTime;
    private final long[] taken = new long[REMEMBERED];
    private int count;
    private long began;
    private boolean stepping;

    /** With {@code longest} that a step may take anyway; zero watches nothing. */
    public StepWatch(Duration longest) {
        this(longest, System::nanoTime);
    }

    StepWatch(Duration longest, LongSupplier nanoTime) {
        this.longest = longest;
        this.nanoTime = nanoTime;
    }

    /** Another run's steps may take longer. */
    synchronized void newRun() {
        count = 0;
        stepping = false;
    }

    /** A step begins. */
    synchronized void begin() {
        began = nanoTime.getAsLong();
        stepping = true;
    }

    /** It has come to its end, good or bad. */
    synchronized void end() {
        if (stepping) {
            taken[count++ % REMEMBERED] = nanoTime.getAsLong() - began;
            stepping = false;
        }
    }

    /** Whether the present step has taken longer than any that comes to an end. */
    public synchronized boolean hangs() {
        return !longest.isZero() && stepping && nanoTime.getAsLong() - began > limit();
    }

    /** How long the present step has taken; zero between steps. */
    public synchronized Duration present() {
        return stepping ? Duration.ofNanos(nanoTime.getAsLong() - began) : Duration.ZERO;
    }

    private long limit() {
        if (count < KNOWN) {
            return longest.multipliedBy(PATIENCE).toNanos();
        }
        long[] known = Arrays.copyOf(taken, Math.min(count, REMEMBERED));
        Arrays.sort(known);
        return Math.max(longest.toNanos(), TIMES * known[known.length / 2]);
    }
}
