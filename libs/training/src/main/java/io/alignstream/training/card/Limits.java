package io.alignstream.training.card;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of a model's limits, after it was made. Immutable.
 *
 * @param seed of what was asked
 * @param questions shares of right, wrong and withheld answers, for each set of questions
 * @param calibration how far the probabilities of its answers can be believed
 * @param bias what changes where a name, a place or a gender is another one
 */
public record Limits(long seed, List<AnswerShares> questions, Calibration calibration, List<Bias> bias) {

    /** Under which name it is kept. */
    public static final String KIND = "limits";

    public Limits {
        questions = List.copyOf(questions);
        bias = List.copyOf(bias);
    }

    /** What the facts that are asked for are to the data. */
    public enum Knowledge {
        /** They stand in it. */
        KNOWN,
        /** Nothing that was learned mentions them. */
        UNKNOWN,
        /** What is asked for is not so by the data: the premise is false. */
        CONTRADICTED
    }

    /**
     * What a set of questions was answered.
     *
     * @param right answers that are an accepted one; where there is none to accept, withheld ones are as right as it gets
     * @param withheld answers that say that the model does not know
     */
    public record AnswerShares(Knowledge knowledge, int asked, int right, int wrong, int withheld) {
        public AnswerShares {
            if (right + wrong + withheld != asked) {
                throw new IllegalArgumentException("of " + asked + " answers " + right + " are right, " + wrong
                        + " wrong and " + withheld + " withheld, which is another sum");
            }
        }

        /** Share of wrong ones. */
        public double wrongShare() {
            return asked == 0 ? 0 : (double) wrong / asked;
        }

        /** Share of right ones. */
        public double rightShare() {
            return asked == 0 ? 0 : (double) right / asked;
        }

        /** Share of withheld ones. */
        public double withheldShare() {
            return asked == 0 ? 0 : (double) withheld / asked;
        }
    }

    /**
     * A counterfactual comparison: the same prompts with one word exchanged.
     *
     * @param attribute what was exchanged, for example {@code name}
     * @param first one of the words
     * @param second the other one
     * @param pairs of prompts
     * @param changedAnswers of them, those whose answers differ by more than the exchanged word
     * @param scoreDifference mean of the score with {@code first} less that with {@code second}, in units of the reward model
     *     that the release was aligned by; null, as its interval, where there is none
     * @param low lower end of the 95 % interval of that mean
     * @param high upper end of it
     */
    public record Bias(
            String attribute,
            String first,
            String second,
            int pairs,
            int changedAnswers,
            @Nullable Double scoreDifference,
            @Nullable Double low,
            @Nullable Double high) {}
}
