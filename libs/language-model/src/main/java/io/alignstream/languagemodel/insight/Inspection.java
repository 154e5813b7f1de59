package io.alignstream.languagemodel.insight;

/**
 * What a network computes on its way through one text.
 *
 * @param attention {@code [layers][heads][time][time]}: how much a position takes from which, 0 from later ones; each row
 *     sums to 1
 * @param states {@code [layers + 1][time][width]}: a position's vector as it goes into the first block and comes out of
 *     each, before the last norm
 * @param logits {@code [vocabularySize]} of the token behind the text
 */
public record Inspection(float[][][][] attention, float[][][] states, float[] logits) {

    /** Number of blocks. */
    public int layers() {
        return attention.length;
    }

    /** Number of heads of a block. */
    public int heads() {
        return attention[0].length;
    }

    /** Share of what {@code head} of {@code layer} takes for position {@code from} that comes from the positions of {@code to}. */
    public double attention(int layer, int head, int from, TextTokens.Range to) {
        double sum = 0;
        for (int t = to.from(); t < to.to(); t++) {
            sum += attention[layer][head][from][t];
        }
        return sum;
    }

    /** Natural logarithms of the probabilities of the token behind the text, {@code [vocabularySize]}. */
    public double[] logProbabilities() {
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        double[] logs = new double[logits.length];
        for (int id = 0; id < logs.length; id++) {
            logs[id] = logits[id] - most - Math.log(sum);
        }
        return logs;
    }
}
