package io.alignstream.contracts.workers;

import java.util.Arrays;

/**
 * Share of a run's time in steps that counted.
 *
 * <p>A step counts with what steps take, the median of the last {@value #AROUND}, whatever it took itself: where it waits for a
 * worker that stands still, the waiting is no use. One that is taken again counts once. So what is missing from 1 is standing
 * still, meeting again, steps that did not count, storing and measuring. For one thread.
 */
public final class Goodput {

    private static final int AROUND = 31;

    private final double[] last = new double[AROUND];
    private int seen;
    private long farthest;
    private double useful;

    /** Of a run of which {@code done} steps are done. */
    public Goodput(long done) {
        this.farthest = done;
    }

    /**
     * A step is done.
     *
     * @param step its number; it brings the run forward by as many steps as it lies beyond all before
     * @param seconds that it took by itself
     */
    public void took(long step, double seconds) {
        last[seen++ % AROUND] = seconds;
        double[] sorted = Arrays.copyOf(last, Math.min(seen, AROUND));
        Arrays.sort(sorted);
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        useful += Math.max(0, step - farthest) * median;
        farthest = Math.max(farthest, step);
    }

    /** Seconds in steps that counted. */
    public double usefulSeconds() {
        return useful;
    }

    /** Share of {@code seconds} since the beginning in steps that counted, 0 to 1. */
    public double share(double seconds) {
        return seconds > 0 ? Math.min(1, useful / seconds) : 0;
    }
}
