package io.alignstream.training.dataset;

/**
 * Two answers to one prompt as one annotator sees them.
 *
 * @param better index of the better answer, the chosen one
 * @param worse index of the other one, the rejected one
 * @param gap difference of their scores (0 to 5), 0 or more; 0 without scores
 * @param weight share of this pair in its request, 0 to 1
 * @param tied whether both stand in one group of the ranking: neither is better
 */
public record PreferencePair(int better, int worse, double gap, double weight, boolean tied) {

    public PreferencePair {
        if (better < 0 || worse < 0 || better == worse || !(gap >= 0) || !(weight >= 0 && weight <= 1)) {
            throw new IllegalArgumentException("pair " + better + ", " + worse + " with gap " + gap + " and weight "
                    + weight + " is not two answers with a gap of 0 or more and a weight from 0 to 1");
        }
    }
}
