package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.torch.Precision;

/**
 * How a training step is computed; every field changes the last bits of the weights, so it belongs to a run's configuration.
 *
 * @param precision of products and activations
 * @param rows sequences that are computed at a time; their gradients are summed in fp32, so a larger batch needs no more
 *     memory for activations
 */
public record Computing(Precision precision, int rows) {

    /** fp32, the whole batch at once. */
    public static final Computing DEFAULT = new Computing(Precision.FLOAT32, Integer.MAX_VALUE);

    public Computing {
        if (rows < 1) {
            throw new IllegalArgumentException("rows at a time is " + rows + " but must be at least 1");
        }
    }
}
