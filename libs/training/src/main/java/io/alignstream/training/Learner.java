package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Weights that learn: takes an objective's gradients to the optimiser, step by step; for one thread.
 *
 * <p>Every training step of every stage passes here, between the gradients and their update. Here is the place to
 * add those of further micro-batches or other machines.
 */
public final class Learner implements AutoCloseable {

    private final Trainable trained;
    private final AdamW optimiser;

    /**
     * What a step gave.
     *
     * @param loss what the objective reports
     * @param gradientNorm global norm before clipping
     */
    public record Step<L>(L loss, double gradientNorm) {}

    /** A learner of {@code trained} with zero moments; the weights stay the caller's. */
    public Learner(Trainable trained, AdamW.Settings settings) {
        this(trained, settings, Precision.FLOAT32);
    }

    /**
     * A learner of {@code trained} with zero moments.
     *
     * @param precision of the optimiser's matrix products
     */
    public Learner(Trainable trained, AdamW.Settings settings, Precision precision) {
        this.trained = trained;
        this.optimiser = new AdamW(trained, settings, precision);
    }

    /** One step: the gradients of {@code objective} on {@code batch}, then the update. */
    public <B, L> Step<L> step(Objective<B, L> objective, B batch, double learningRate) {
        try (Gradients gradients = new Gradients(trained)) {
            L loss = objective.accumulate(batch, gradients);
            return new Step<>(loss, optimiser.step(gradients, learningRate));
        }
    }

    /** The optimiser's moments and step counts on the host, their names below {@code prefix}. */
    public SequencedMap<String, Tensor> state(String prefix) {
        return optimiser.state(prefix);
    }

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public void restore(String prefix, Map<String, Tensor> state) throws IOException {
        optimiser.restore(prefix, state);
    }

    @Override
    public void close() {
        optimiser.close();
    }
}
