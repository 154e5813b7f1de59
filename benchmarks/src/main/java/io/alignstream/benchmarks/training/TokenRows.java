package io.alignstream.benchmarks.training;

import io.alignstream.languagemodel.network.Sequences;
import java.io.IOException;
import java.nio.file.Path;

/** A text's token ids as rows of equal length, one after the other and again from the start; thread-safe. */
public final class TokenRows {

    private final int[] tokens;
    private final int context;

    private TokenRows(int[] tokens, int context) {
        this.tokens = tokens;
        this.context = context;
    }

    /**
     * The rows of a file of little-endian 32-bit ids.
     *
     * @param context tokens a row
     */
    public static TokenRows read(Path file, int context) throws IOException {
        return new TokenRows(AlignstreamTrainer.read(file), context);
    }

    /** The batch of a step, counted from 0, of {@code count} rows. */
    public Sequences batch(long step, int count) {
        long[] ids = new long[count * context];
        long[] targets = new long[ids.length];
        int rows = (tokens.length - 1) / context;
        for (int b = 0; b < count; b++) {
            int from = (int) ((step * count + b) % rows) * context;
            for (int t = 0; t < context; t++) {
                ids[b * context + t] = tokens[from + t];
                targets[b * context + t] = tokens[from + t + 1];
            }
        }
        return new Sequences(count, context, ids, targets);
    }
}
