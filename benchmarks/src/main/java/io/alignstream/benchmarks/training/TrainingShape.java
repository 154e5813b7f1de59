package io.alignstream.benchmarks.training;

import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * A network and a batch that every peer trains.
 *
 * @param network the shape; heads of 32, embeddings tied
 * @param context tokens a sequence
 * @param batch sequences a step
 */
public record TrainingShape(TransformerConfig network, int context, int batch) {

    /** Tokens of a step in the grid. */
    static final int TOKENS = 2_048;

    static TrainingShape of(int vocabulary, int depth, int width, int context) {
        return of(vocabulary, depth, width, context, TOKENS);
    }

    /** With so many tokens a step. */
    static TrainingShape of(int vocabulary, int depth, int width, int context, int tokens) {
        return new TrainingShape(
                TransformerConfig.of(vocabulary, depth, width, context), context, Math.max(1, tokens / context));
    }

    /**
     * Floating point operations of a training step for each token, as model FLOPs utilisation counts them: two a weight of
     * a matrix product forward and four backward, and causal attention's half of the square.
     */
    public double flopsPerToken() {
        double block = (double) network.width() * network.headWidth() * 2 * (network.heads() + network.keyValueHeads())
                + 3.0 * network.width() * network.feedForwardWidth();
        double attention = (double) network.heads() * network.headWidth() * context;
        double output = (double) network.vocabularySize() * network.width();
        return 6 * (network.layers() * (block + attention) + output);
    }

    /** The options that workers of all peers take. */
    public List<String> options() {
        return new ArrayList<>(List.of(
                "--vocabulary", Integer.toString(network.vocabularySize()),
                "--layers", Integer.toString(network.layers()),
                "--width", Integer.toString(network.width()),
                "--heads", Integer.toString(network.heads()),
                "--feed-forward", Integer.toString(network.feedForwardWidth()),
                "--context", Integer.toString(context),
                "--batch", Integer.toString(batch)));
    }

    @Override
    public String toString() {
        return "depth " + network.layers() + " width " + network.width() + " context " + context + " batch " + batch;
    }
}
