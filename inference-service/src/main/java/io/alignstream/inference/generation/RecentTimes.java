package io.alignstream.inference.generation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long something took in the last {@value #MINUTES} minutes, as a distribution over times that grow by a third each.
 * Thread-safe.
 */
public final class RecentTimes {

    /** Minutes that count, the present one among them. */
    public static final int MINUTES = 5;

    private static final double SHORTEST_SECONDS = 1e-4;
    private static final int BINS_PER_DECADE = 8;
    private static final int BINS = 6 * BINS_PER_DECADE + 1;

    private final LongSupplier nanoTime;
    private final long[][] counts = new long[MINUTES][BINS];
    private long minute;

    /** Nothing so far. */
    RecentTimes() {
        this(System::nanoTime);
    }

    /** @param nanoTime the clock, as {@link System#nanoTime} */
    RecentTimes(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.minute = now();
    }

    /**
     * A distribution.
     *
     * @param count how many there were
     * @param p50 seconds that half of them took at most, a third more at worst; null if there were none
     * @param p99 the same of 99 in a hundred
     * @param bins from the shortest to the longest that there were, empty ones between them among them
     */
    public record Distribution(long count, @Nullable Double p50, @Nullable Double p99, List<Bin> bins) {}

    /**
     * How many took so long.
     *
     * @param seconds at most; the last bin of all has no bound and says its beginning
     */
    public record Bin(double seconds, long count) {}

    /** Something took {@code nanos}. */
    synchronized void record(long nanos) {
        turn();
        counts[(int) (minute % MINUTES)][bin(nanos / 1e9)]++;
    }

    /** What was recorded of late. */
    public synchronized Distribution recent() {
        turn();
        long[] sums = new long[BINS];
        long all = 0;
        for (long[] one : counts) {
            for (int bin = 0; bin < BINS; bin++) {
                sums[bin] += one[bin];
                all += one[bin];
            }
        }
        return new Distribution(all, quantile(sums, all, 0.5), quantile(sums, all, 0.99), bins(sums));
    }

    private static List<Bin> bins(long[] sums) {
        int first = 0;
        int last = BINS - 1;
        while (first < BINS && sums[first] == 0) {
            first++;
        }
        while (last > first && sums[last] == 0) {
            last--;
        }
        List<Bin> bins = new ArrayList<>();
        for (int bin = first; bin <= last && bin < BINS; bin++) {
            bins.add(new Bin(edge(bin), sums[bin]));
        }
        return bins;
    }

    private static @Nullable Double quantile(long[] sums, long all, double share) {
        if (all == 0) {
            return null;
        }
        long seen = 0;
        for (int bin = 0; bin < BINS; bin++) {
            seen += sums[bin];
            if (seen >= share * all) {
                return edge(bin);
            }
        }
        return edge(BINS - 1);
    }

    private static int bin(double seconds) {
        int bin = (int)
                Math.ceil(BINS_PER_DECADE * Math.log10(Math.max(seconds, SHORTEST_SECONDS) / SHORTEST_SECONDS) - 1e-9);
        return Math.clamp(bin, 0, BINS - 1);
    }

    private static double edge(int bin) {
        return SHORTEST_SECONDS * Math.pow(10, Math.min(bin, BINS - 2) / (double) BINS_PER_DECADE);
    }

    /** Forgets the minutes that do not count any more. */
    private void turn() {
        long now = now();
        for (long passed = Math.max(minute + 1, now - MINUTES + 1); passed <= now; passed++) {
            counts[(int) (passed % MINUTES)] = new long[BINS];
        }
        minute = now;
    }

    /** Minutes of the clock; never negative, as it may begin anywhere. */
    private long now() {
        return Math.floorDiv(nanoTime.getAsLong(), Duration.ofMinutes(1).toNanos()) + Long.MAX_VALUE / 4;
    }
}
