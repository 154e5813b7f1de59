package io.alignstream.reward.desk;

import io.alignstream.languagemodel.random.SeededRandom;
import java.util.SplittableRandom;

/**
 * When an annotator's next request is a gold one: at turns that nobody can guess and that are the same each time, so that
 * those ahead can be counted as any other request.
 *
 * @param share of the turns, 0 to 1
 */
record GoldTurns(double share) {

    /** What {@link SplittableRandom} adds to its seed for each number. */
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    /**
     * Whether it is the turn of a gold request.
     *
     * @param turn how many requests the annotator has settled before
     */
    boolean isOne(String annotator, int turn) {
        return from(annotator, turn).nextDouble() < share;
    }

    /**
     * How many gold requests {@code annotator} is given from {@code turn} on until nothing else is left.
     *
     * @param ordinary requests that wait for the annotator
     * @param gold those that there are
     */
    int ahead(String annotator, int turn, int ordinary, int gold) {
        int given = 0;
        if (share > 0) {
            SplittableRandom random = from(annotator, turn);
            for (int left = ordinary; left > 0 && given < gold; ) {
                if (random.nextDouble() < share) {
                    given++;
                } else {
                    left--;
                }
            }
        }
        return given;
    }

    /** The annotator's random numbers from {@code turn} on. */
    private static SplittableRandom from(String annotator, int turn) {
        return new SplittableRandom(
                SeededRandom.of(0, "gold for " + annotator, 0).nextLong() + turn * GAMMA);
    }
}
