package io.alignstream.inference;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How fast a model writes, alone and in company, measured while it does: means over the last tokens and answers. Thread-safe.
 */
public final class Pace {

    private static final double WEIGHT = 1 / 32.0;
    private static final int LONGEST_WAIT = 60;
    /** 500 tokens a second: nobody notices that it could be faster. */
    private static final double SOON_ENOUGH = 0.002;
    /** Of a step by the number of answers: the shortest that was seen, as whatever else goes on makes it longer. */
    private final NavigableMap<Integer, Double> secondsInCompany = new TreeMap<>();

    private double secondsPerToken;
    private double length;

    /** A pace of which nothing is known. */
    Pace() {}

    /** Every answer that is being written has got on by a token in {@code seconds}. */
    public synchronized void step(double seconds) {
        secondsPerToken = mean(secondsPerToken, seconds);
    }

    /**
     * A step in which no prompt was read has taken {@code seconds} for {@code answers}: the check of the model measures several
     * numbers of them at one time, and whatever is written later makes that better.
     */
    public synchronized void inCompany(int answers, double seconds) {
        secondsInCompany.merge(answers, seconds, Math::min);
    }

    /**
     * How many times as long as alone an answer takes, 1 or more, when {@code answers} are written at the same time: on the lines
     * between what was measured, level beyond; 1 where nothing was.
     */
    public synchronized double slowdown(int answers) {
        if (secondsInCompany.isEmpty()) {
            return 1;
        }
        double alone = Math.max(secondsInCompany.firstEntry().getValue(), SOON_ENOUGH);
        return Math.max(1, secondsInCompany(answers) / alone);
    }

    private double secondsInCompany(int answers) {
        Map.Entry<Integer, Double> below = secondsInCompany.floorEntry(answers);
        Map.Entry<Integer, Double> above = secondsInCompany.ceilingEntry(answers);
        if (below == null || above == null) {
            return (below == null ? secondsInCompany.firstEntry() : below).getValue();
        }
        int distance = above.getKey() - below.getKey();
        double part = distance == 0 ? 0 : (answers - below.getKey()) / (double) distance;
        return below.getValue() + part * (above.getValue() - below.getValue());
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
