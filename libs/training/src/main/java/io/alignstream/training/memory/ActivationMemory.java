package io.alignstream.training.memory;

import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.Precision;
import java.util.Map;

/**
 * The memory that a step's states may take which are kept for the backward pass. A batch that needs more is learned from in
 * micro-batches: the same loss and gradient up to the order of sums, so it belongs to a run's configuration.
 *
 * @param bytes 1 or more; one sequence is the least that is computed, whatever it takes
 * @param checkpointing whether blocks are computed again on the way back, which keeps a fraction for a third more time
 */
public record ActivationMemory(long bytes, boolean checkpointing) {

    /** What is configured where nothing is said. */
    public static final ActivationMemory DEFAULT = mebibytes(1024, false);

    public ActivationMemory {
        if (bytes < 1) {
            throw new IllegalArgumentException("memory of " + bytes + " bytes must be at least 1");
        }
    }

    /** So many times 1,048,576 bytes. */
    public static ActivationMemory mebibytes(int count, boolean checkpointing) {
        return new ActivationMemory((long) count << 20, checkpointing);
    }

    /** Positions of a micro-batch of a network. */
    public int positions(TransformerConfig network, Precision precision) {
        return Footprint.of(network).positions(bytes, precision, checkpointing);
    }

    /** Bytes that so many positions of a network take. */
    public long kept(TransformerConfig network, Precision precision, long positions) {
        return positions * Footprint.of(network).keptPerPosition(precision, checkpointing);
    }

    /** Adds it to a run's hyper-parameters, unless it is the usual one. */
    public void addTo(Map<String, String> hyperparameters) {
        if (bytes != DEFAULT.bytes) {
            hyperparameters.put("activationBytes", Long.toString(bytes));
        }
        if (checkpointing) {
            hyperparameters.put("activationCheckpointing", "true");
        }
    }
}
