package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchRuntime;

/** Keys and values of the tokens that each row has been fed, {@code [layers, rows, key-value heads, capacity, head width]}. */
final class KeyValueCache implements AutoCloseable {

    private final NDManager scope = TorchRuntime.get().newScope();
    private final NDArray keys;
    private final NDArray values;
    private final int capacity;
    private final long[] positions;

    /** An empty cache for {@code rows} of at most {@code capacity} tokens. */
    KeyValueCache(TransformerConfig config, int rows, int capacity) {
        if (rows < 1 || capacity < 1 || capacity > config.maxPositions()) {
            throw new IllegalArgumentException("a cache of " + rows + " rows of " + capacity
                    + " tokens is not one of at least one row, and of 1 to the model's " + config.maxPositions()
                    + " tokens");
        }
        Shape shape = new Shape(config.layers(), rows, config.keyValueHeads(), capacity, config.headWidth());
        this.keys = scope.zeros(shape);
        this.values = scope.zeros(shape);
        this.capacity = capacity;
        this.positions = new long[rows];
    }

    int rows() {
        return positions.length;
    }

    /** Tokens that every row has been fed, {@code [rows]}. */
    long[] positions() {
        return positions.clone();
    }

    /** Fails unless a row has room for {@code count} more tokens. */
    void requireRoom(int row, int count) {
        if (count < 1 || positions[row] + count > capacity) {
            throw new IllegalArgumentException(
                    count + " tokens after " + positions[row] + " do not fit the capacity of " + capacity + " tokens");
        }
    }

    /** A row has {@code count} more tokens. */
    void advance(int row, int count) {
        positions[row] += count;
    }

    void addTo(NDList in) {
        in.add(keys);
        in.add(values);
    }

    @Override
    public void close() {
        scope.close();
    }
}
