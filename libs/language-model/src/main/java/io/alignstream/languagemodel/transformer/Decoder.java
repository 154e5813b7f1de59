package io.alignstream.languagemodel.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * One conversation's key-value cache: feeds tokens, gives the logits of the next one; for token-by-token streaming.
 *
 * <p>For one thread; several decoders may use one model at once.
 */
public final class Decoder implements AutoCloseable {

    private final Transformer model;
    private final NDManager scope;
    private final NDArray keys;
    private final NDArray values;
    private final int capacity;
    private int position;

    /**
     * An empty cache.
     *
     * @param capacity most tokens that will be fed, at most the model's positions
     */
    public Decoder(Transformer model, int capacity) {
        TransformerConfig config = model.config();
        if (capacity < 1 || capacity > config.maxPositions()) {
            throw new IllegalArgumentException(
                    "capacity " + capacity + " must lie between 1 and the model's " + config.maxPositions());
        }
        this.model = model;
        this.capacity = capacity;
        this.scope = TorchRuntime.get().newScope();
        Shape shape = new Shape(config.layers(), 1, config.keyValueHeads(), capacity, config.headWidth());
        this.keys = scope.zeros(shape);
        this.values = scope.zeros(shape);
    }

    /** Feeds {@code tokens} and returns the logits of the token that follows, {@code [vocabularySize]}. */
    public float[] feed(int... tokens) {
        if (tokens.length < 1 || position + tokens.length > capacity) {
            throw new IllegalArgumentException(tokens.length + " tokens after " + position
                    + " do not fit the capacity of " + capacity + " tokens");
        }
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = model.arguments(call);
            long[] ids = new long[tokens.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = tokens[i];
            }
            in.add(call.create(ids, new Shape(1, ids.length)));
            in.add(call.create(new long[] {ids.length}));
            in.add(call.create(new long[] {position}));
            in.add(keys);
            in.add(values);
            model.shape(in);
            float[] logits = TorchRuntime.get()
                    .run(call, "extend", in)
                    .singletonOrThrow()
                    .toFloatArray();
            position += tokens.length;
            return logits;
        }
    }

    /** Number of tokens fed so far. */
    public int position() {
        return position;
    }

    @Override
    public void close() {
        scope.close();
    }
}
