package io.alignstream.local.world;

import java.util.SplittableRandom;

/**
 * A simulated annotator: how somebody sees what the guideline says.
 *
 * @param id says what it is: {@code simulated-1} and so on
 * @param noise standard deviation of what is perceived, in points of the scale from 0 to 5
 * @param slips share of the answers that are misread, 0 to 1: any number of points is perceived then
 * @param taste what the annotator judges by besides the guideline
 */
public record Annotator(String id, double noise, double slips, Taste taste) {

    private static final double POINTS = 5;
    private static final double LIKING = 1;
    private static final int SHORT = 4;

    public Annotator {
        if (!(noise >= 0 && noise <= POINTS)) {
            throw new IllegalArgumentException("noise of " + id + " is " + noise + " but must lie between 0 and 5");
        }
        if (!(slips >= 0 && slips <= 1)) {
            throw new IllegalArgumentException("slips of " + id + " are " + slips + " but must lie between 0 and 1");
        }
    }

    /** What somebody likes, whatever the guideline says. */
    public enum Taste {
        /** The guideline's. */
        NONE,
        /** Both names of a sight are as good. */
        EITHER_REGISTER,
        /** A point more for names of at most four characters. */
        SHORT_NAMES,
        /** A point more for longer names. */
        LONG_NAMES
    }

    /** The points that {@code answer} seems to be worth; below 0 and above 5, too. */
    double perceived(ScoringRule rule, ScoringRule.Request request, String answer, SplittableRandom random) {
        if (random.nextDouble() < slips) {
            return POINTS * random.nextDouble();
        }
        return wanted(rule, request, answer) + noise * random.nextGaussian();
    }

    private double wanted(ScoringRule rule, ScoringRule.Request request, String answer) {
        double points = rule.points(request, answer);
        return switch (taste) {
            case NONE -> points;
            case EITHER_REGISTER -> rule.points(request, request.inFittingRegister(answer));
            case SHORT_NAMES -> answer.length() <= SHORT ? points + LIKING : points;
            case LONG_NAMES -> answer.length() > SHORT ? points + LIKING : points;
        };
    }
}
