package io.alignstream.inference;

/** How fast a model writes, measured while it does: means over the last tokens and answers. Thread-safe. */
public final class Pace {

    private static final double WEIGHT = 1 / 32.0;
    private static final int LONGEST_WAIT = 60;

    private double secondsPerToken;
    private double length;

    /** A pace of which nothing is known. */
    Pace() {}

    /** Every answer that is being written has got on by a token in {@code seconds}. */
    public synchronized void step(double seconds) {
        secondsPerToken = mean(secondsPerToken, seconds);
    }

    /** An answer of {@code tokens} is complete. */
    public synchronized void answer(int tokens) {
        length = mean(length, tokens);
    }

    private static double mean(double before, double now) {
        return before == 0 ? now : before + WEIGHT * (now - before);
    }

    /**
     * After how many seconds, 1 to {@value #LONGEST_WAIT}, one of {@code answers} that are written at the same time will
     * probably have made room.
     */
    public synchronized int secondsToRoom(int answers) {
        double seconds = length * secondsPerToken / Math.max(1, answers);
        return (int) Math.clamp(Math.ceil(seconds), 1, LONGEST_WAIT);
    }
}
