package io.alignstream.training.workers;

import java.util.Comparator;

/**
 * How far a worker's state in memory is: a run that has gone back is further than before, whatever its step.
 *
 * @param recoveries how often the run has gone back
 * @param step steps done
 */
public record Standing(int recoveries, long step) implements Comparable<Standing> {

    /** No state in memory. */
    public static final Standing NOTHING = new Standing(-1, -1);

    private static final Comparator<Standing> ORDER =
            Comparator.comparingInt(Standing::recoveries).thenComparingLong(Standing::step);

    @Override
    public int compareTo(Standing other) {
        return ORDER.compare(this, other);
    }
}
