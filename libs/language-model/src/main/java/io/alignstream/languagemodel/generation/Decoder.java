package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.List;

/**
 * Writes several texts at once: feeds each row's new tokens and samples the token that follows, in one native call.
 *
 * <p>What a row gets depends on its own tokens, its sampler and its number, not on a hidden generator. For one thread;
 * several decoders may use the same weights at once.
 */
public final class Decoder implements AutoCloseable {

    private final PreparedWeights weights;
    private final KeyValueCache cache;
    private final long candidates;

    /**
     * Sampled tokens.
     *
     * @param ids {@code [rows]}
     * @param logProbabilities {@code [rows]}, at the sampler's temperature (at 1 when it is 0), before top-p
     */
    public record Tokens(int[] ids, double[] logProbabilities) {}

    /**
     * A decoder whose rows are empty.
     *
     * @param capacity most tokens that a row will be fed, at most the model's positions
     * @param candidates ids below this are sampled; a network may have more than its tokenizer
     */
    public Decoder(PreparedWeights weights, int rows, int capacity, int candidates) {
        if (candidates < 1 || candidates > weights.config().vocabularySize()) {
            throw new IllegalArgumentException(
                    "candidates is " + candidates + " but must lie between 1 and the model's "
                            + weights.config().vocabularySize() + " token ids");
        }
        this.weights = weights;
        this.candidates = candidates;
        this.cache = new KeyValueCache(weights.config(), rows, capacity);
    }

    /**
     * Appends tokens to each row and samples the next one.
     *
     * @param tokens for each row, one or more
     * @param uniforms for each row a number from 0 to below 1 that decides
     * @throws IllegalStateException if the model's probabilities are no numbers
     */
    public Tokens next(List<int[]> tokens, TokenSampler sampler, double[] uniforms) {
        int rows = cache.rows();
        if (tokens.size() != rows || uniforms.length != rows) {
            throw new IllegalArgumentException(
                    tokens.size() + " rows and " + uniforms.length + " numbers do not fit " + rows + " rows");
        }
        int time = tokens.stream().mapToInt(row -> row.length).max().orElse(0);
        long[] ids = new long[rows * time];
        long[] counts = new long[rows];
        double[] sampling = new double[rows * 3];
        for (int b = 0; b < rows; b++) {
            int[] row = tokens.get(b);
            cache.requireRoom(b, row.length);
            counts[b] = row.length;
            for (int t = 0; t < row.length; t++) {
                ids[b * time + t] = row[t];
            }
            sampling[b * 3] = sampler.temperature();
            sampling[b * 3 + 1] = sampler.topP();
            sampling[b * 3 + 2] = uniforms[b];
        }
        double[] out;
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = weights.arguments();
            in.add(call.create(ids, new Shape(rows, time)));
            in.add(call.create(counts));
            in.add(call.create(cache.positions()));
            cache.addTo(in);
            in.add(call.create(sampling, new Shape(rows, 3)));
            in.add(call.create(candidates));
            weights.shape(in);
            out = PreparedWeights.PROGRAM
                    .run(call, "decode", in)
                    .singletonOrThrow()
                    .toDoubleArray();
        }
        return advanced(tokens, out);
    }

    private Tokens advanced(List<int[]> tokens, double[] out) {
        int rows = tokens.size();
        int[] ids = new int[rows];
        double[] logs = new double[rows];
        for (int b = 0; b < rows; b++) {
            cache.advance(b, tokens.get(b).length);
            ids[b] = (int) out[b];
            logs[b] = out[rows + b];
            if (Double.isNaN(logs[b])) {
                throw new NotFiniteException();
            }
        }
        return new Tokens(ids, logs);
    }

    @Override
    public void close() {
        cache.close();
    }
}
