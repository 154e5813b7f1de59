package io.alignstream.inference;

/**
 * How fast a model writes, alone and in company, measured while it does. Thread-safe.
 *
 * <p>The time of a token grows with each other answer by about as much; both are means over the last tokens. What cannot be
 * seen at the moment, because few or many are being written, holds from before and slowly fades.
 */
public final class Pace {

    private static final double WEIGHT = 1 / 32.0;
    /** A company that was slow once is tried again after a while. */
    private static final double FADING = 1 - 1 / 1024.0;

    private static final int LONGEST_WAIT = 60;

    private double alone;
    private double another;
    private double length;

    /** A pace of which nothing is known. */
    Pace() {}

    /** Every one of {@code answers} has got on by a token in {@code seconds}. */
    public synchronized void step(int answers, double seconds) {
        if (answers == 1) {
            alone = mean(alone, seconds);
            another *= FADING;
        } else if (alone > 0) {
            another = mean(another, Math.max(0, (seconds - alone) / (answers - 1)));
        }
    }

    /** An answer of {@code tokens} is complete. */
    public synchronized void answer(int tokens) {
        length = mean(length, tokens);
    }

    private static double mean(double before, double now) {
        return before == 0 ? now : before + WEIGHT * (now - before);
    }

    /**
     * How many times as long as alone the last of {@code answers} will take, its waiting included; 1 while nothing is known.
     *
     * @param atOnce how many of them are written at the same time
     */
    public synchronized double slowdown(int answers, int atOnce) {
        if (alone == 0) {
            return 1;
        }
        double together = seconds(Math.min(answers, atOnce)) / alone;
        int waiting = Math.max(0, answers - atOnce);
        return together * (1 + (double) waiting / atOnce);
    }

    /** After how many seconds, 1 to {@value #LONGEST_WAIT}, one of {@code answers} will probably have made room. */
    public synchronized int secondsToRoom(int answers) {
        double seconds = length * seconds(answers) / Math.max(1, answers);
        return (int) Math.clamp(Math.ceil(seconds), 1, LONGEST_WAIT);
    }

    private double seconds(int answers) {
        return alone + another * Math.max(0, answers - 1);
    }
}
