package io.alignstream.languagemodel.optimiser;

import ai.djl.ndarray.NDArray;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Gradients;
import java.io.IOException;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Changes weights by their gradients; knows no loss.
 *
 * <p>The state is complete: restored, it continues bit for bit. For one thread.
 */
public interface Optimiser extends AutoCloseable {

    /**
     * Applies {@code gradients} to the weights, in place.
     *
     * @return their global norm before clipping
     */
    double step(Gradients gradients, double learningRate);

    /** The arrays of {@link #state} by their names, which no two of them share and no weight has; they stay this object's. */
    SequencedMap<String, NDArray> moments();

    /**
     * Everything that the next step depends on besides the weights, its names below {@code prefix}: views, which change with each
     * step and end when this is closed.
     */
    SequencedMap<String, Tensor> state(String prefix);

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    void restore(String prefix, Map<String, Tensor> state) throws IOException;

    /** Frees the native memory; the weights stay. */
    @Override
    void close();
}
