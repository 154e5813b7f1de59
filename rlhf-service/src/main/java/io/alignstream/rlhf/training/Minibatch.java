package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.network.Sequences;
import java.util.Arrays;
import java.util.List;

/**
 * Episodes that share an optimiser step: their old log probabilities come from the very batch, or the parts of it, that the
 * step sees, so that before the first update the ratio is 1.
 *
 * @param sequences the episodes' rows, the answers' tokens as targets
 * @param episodes in the order of the rows
 */
public record Minibatch(Sequences sequences, List<Episode> episodes) {

    /** That of {@code episodes}. */
    static Minibatch of(List<Episode> episodes) {
        return new Minibatch(
                Sequences.answers(
                        episodes.stream().map(Episode::row).toList(),
                        episodes.stream().map(Episode::promptLength).toList()),
                episodes);
    }

    /** The entries of {@code grid}, {@code [batch][time]}, that belong to an answer's tokens. */
    static double[] answerPart(float[] gridRow, int promptLength, int answerLength) {
        double[] part = new double[answerLength];
        Arrays.setAll(part, t -> gridRow[promptLength - 1 + t]);
        return part;
    }

    /** The opposite: values of answer tokens at the positions that predict them, {@code [batch][time]}, 0 elsewhere. */
    float[][] grid(List<double[]> parts) {
        float[][] grid = new float[sequences.batch()][sequences.time()];
        for (int b = 0; b < grid.length; b++) {
            double[] part = parts.get(b);
            for (int t = 0; t < part.length; t++) {
                grid[b][episodes.get(b).promptLength() - 1 + t] = (float) part[t];
            }
        }
        return grid;
    }
}
