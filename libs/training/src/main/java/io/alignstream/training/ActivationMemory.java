package io.alignstream.training;

import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.Precision;
import java.util.Map;

/**
 * The memory that a step's states may take which are kept for the backward pass. A batch that needs more is learned from in
 * micro-batches: the same loss and gradient up to the order of sums, so it belongs to a run's configuration.
 *
 * @param bytes 1 or more; one sequence is the least that is computed, whatever it takes
 */
public record ActivationMemory(long bytes) {

    /** What is configured where nothing is said. */
    public static final ActivationMemory DEFAULT = mebibytes(1024);

    public ActivationMemory {
        if (bytes < 1) {
            throw new IllegalArgumentException("memory of " + bytes + " bytes must be at least 1");
        }
    }

    /** So many times 1,048,576 bytes. */
    public static ActivationMemory mebibytes(int count) {
        return new ActivationMemory((long) count << 20);
    }

    /** Positions of a micro-batch of a network. */
    public int positions(TransformerConfig network, Precision precision) {
        return Footprint.of(network).positions(bytes, precision);
    }

    /** Adds it to a run's hyper-parameters, unless it is the usual one. */
    public void addTo(Map<String, String> hyperparameters) {
        if (!equals(DEFAULT)) {
            hyperparameters.put("activationBytes", Long.toString(bytes));
        }
    }
}
