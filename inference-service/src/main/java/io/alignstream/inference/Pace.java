package io.alignstream.inference;

import java.util.List;
import java.util.stream.Stream;

/**
 * How fast a model writes, alone and in company, measured while it does: means over the last tokens and answers. Thread-safe.
 */
public final class Pace {

    private static final double WEIGHT = 1 / 32.0;
    private static final int LONGEST_WAIT = 60;
    /** 500 tokens a second: nobody notices that it could be faster. */
    private static final double SOON_ENOUGH = 0.002;
    /** Of 1 answer at a time, of 2 and 3, of 4 to 7, … */
    private final List<Company> companies =
            Stream.generate(Company::new).limit(Integer.SIZE).toList();

    private double secondsPerToken;
    private double length;

    /** A pace of which nothing is known. */
    Pace() {}

    /** Every answer that is being written has got on by a token in {@code seconds}. */
    public synchronized void step(double seconds) {
        secondsPerToken = mean(secondsPerToken, seconds);
    }

    /**
     * Each of {@code answers}, 1 or more, has got on by a token in {@code seconds}, and no prompt was read meanwhile: one that
     * is read takes as long as many tokens and tells nothing of the company.
     */
    public synchronized void inCompany(int answers, double seconds) {
        companies.get(Integer.SIZE - 1 - Integer.numberOfLeadingZeros(answers)).add(answers, seconds);
    }

    /**
     * How many times as long as alone an answer takes, 1 or more, when {@code answers} are written at the same time; 1 where
     * nothing is known.
     */
    public synchronized double slowdown(int answers) {
        List<Company> known = companies.stream().filter(Company::isKnown).toList();
        if (known.isEmpty()) {
            return 1;
        }
        double alone = Math.max(seconds(known, 1), SOON_ENOUGH);
        return Math.max(1, seconds(known, answers) / alone);
    }

    /** On the lines between what was measured, and level beyond. */
    private static double seconds(List<Company> known, int answers) {
        Company below = known.getFirst();
        for (Company above : known) {
            if (above.answers >= answers) {
                return above.answers == below.answers
                        ? above.seconds
                        : below.seconds
                                + Math.max(0, answers - below.answers)
                                        / (above.answers - below.answers)
                                        * (above.seconds - below.seconds);
            }
            below = above;
        }
        return below.seconds;
    }

    /** Means of steps with about the same number of answers. */
    private static final class Company {

        private double answers;
        private double seconds;

        void add(int count, double took) {
            answers = mean(answers, count);
            seconds = mean(seconds, took);
        }

        boolean isKnown() {
            return answers > 0;
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
     * After how many seconds, 1 to {@value #LONGEST_WAIT}, one of {@code answers} that are written at the same time will
     * probably have made room.
     */
    public synchronized int secondsToRoom(int answers) {
        double seconds = length * secondsPerToken / Math.max(1, answers);
        return (int) Math.clamp(Math.ceil(seconds), 1, LONGEST_WAIT);
    }
}
