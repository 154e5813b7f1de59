package io.alignstream.pretrain.data;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import java.util.List;
import java.util.Optional;

/**
 * Sequences that a masked model never learns from, hidden alike in every run.
 *
 * @param sequences token ids, may be empty
 * @param masking hides tokens of them
 * @param batch sequences that are scored at once
 */
public record MaskedValidation(List<int[]> sequences, Masking masking, int batch) {

    /**
     * How well hidden tokens are found.
     *
     * @param bits of surprise for each
     * @param accuracy share of them that the model finds most probable
     */
    public record Found(double bits, double accuracy) {}

    /** What the model finds of the hidden tokens; empty if none is hidden. */
    public Optional<Found> of(Transformer model) {
        double nats = 0;
        long right = 0;
        long count = 0;
        for (int from = 0; from < sequences.size(); from += batch) {
            Sequences hidden = hidden(from);
            if (hidden.targetCount() > 0) {
                nats += model.meanLoss(hidden) * hidden.targetCount();
                for (boolean[] row : model.hits(hidden)) {
                    for (boolean hit : row) {
                        right += hit ? 1 : 0;
                    }
                }
                count += hidden.targetCount();
            }
        }
        return count == 0
                ? Optional.empty()
                : Optional.of(new Found(nats / Math.log(2) / count, (double) right / count));
    }

    /** Share of the hidden tokens that {@code token} is: what who always says it is right in. */
    public double share(int token) {
        long right = 0;
        long count = 0;
        for (int from = 0; from < sequences.size(); from += batch) {
            for (long target : hidden(from).countedTargets()) {
                right += target == token ? 1 : 0;
                count++;
            }
        }
        return count == 0 ? 0 : (double) right / count;
    }

    private Sequences hidden(int from) {
        return masking.heldOut(sequences.subList(from, Math.min(sequences.size(), from + batch)), from);
    }
}
