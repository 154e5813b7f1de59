package io.alignstream.languagemodel.objective;

/**
 * Two answers to one prompt of which the first is judged better, or both equal.
 *
 * @param better index of the better answer in the batch
 * @param worse index of the other one
 * @param margin by how much the scores should differ at least, 0 or more
 * @param weight share of this pair in the loss
 * @param tied whether both are judged equal; the margin is ignored then
 */
public record RankedPair(int better, int worse, double margin, double weight, boolean tied) {

    public RankedPair {
        if (better < 0 || worse < 0 || better == worse || !(margin >= 0) || !(weight >= 0)) {
            throw new IllegalArgumentException("pair " + better + ", " + worse + " with margin " + margin
                    + " and weight " + weight + " is not two answers with a margin and weight of 0 or more");
        }
    }
}
