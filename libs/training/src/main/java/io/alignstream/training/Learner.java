package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.Optimiser;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Weights that learn: takes an objective's gradients to the optimiser, step by step; for one thread.
 *
 * <p>Every training step of every stage passes here, between the gradients and their update. A batch that is too large
 * for memory comes as micro-batches; those of other machines would be added here.
 */
public final class Learner implements AutoCloseable {

    private final Trainable trained;
    private final Optimiser optimiser;

    /**
     * What a step gave.
     *
     * @param loss what the objective reports
     * @param gradientNorm global norm before clipping
     */
    public record Step<L>(L loss, double gradientNorm) {}

    /**
     * What is learned beside an objective, in the same steps.
     *
     * @param coefficient multiplies its gradients, above 0
     */
    public record Beside<B>(Objective<B, ?> objective, B batch, double coefficient) {
        private void accumulate(Gradients gradients) {
            gradients.weigh(coefficient);
            objective.accumulate(batch, gradients);
        }
    }

    /** A learner of {@code trained} by AdamW in fp32 with zero moments; the weights stay the caller's. */
    public Learner(Trainable trained, AdamW.Settings settings) {
        this(trained, new AdamW(trained, settings));
    }

    /** A learner of {@code trained} by {@code optimiser}, which is closed with it; the weights stay the caller's. */
    public Learner(Trainable trained, Optimiser optimiser) {
        this.trained = trained;
        this.optimiser = optimiser;
    }

    /** One step: the gradients of {@code objective} on {@code batch}, then the update. */
    public <B, L> Step<L> step(Objective<B, L> objective, B batch, double learningRate) {
        try (Gradients gradients = new Gradients(trained)) {
            L loss = objective.accumulate(batch, gradients);
            return new Step<>(loss, optimiser.step(gradients, learningRate));
        }
    }

    /** The same for the sum of two losses; what is reported is of the first. */
    public <B, L> Step<L> step(Objective<B, L> objective, B batch, Beside<?> beside, double learningRate) {
        try (Gradients gradients = new Gradients(trained)) {
            L loss = objective.accumulate(batch, gradients);
            beside.accumulate(gradients);
            return new Step<>(loss, optimiser.step(gradients, learningRate));
        }
    }

    /**
     * One step on {@code microBatches}: loss, gradient and update are those of the one batch that holds them all.
     *
     * @param microBatches one after the other; those that count for nothing are left out
     * @throws IllegalArgumentException if none counts for anything
     */
    public <B, L> Step<L> step(Objective<B, L> objective, List<B> microBatches, double learningRate) {
        double total = microBatches.stream().mapToDouble(objective::weight).sum();
        if (!(total > 0)) {
            throw new IllegalArgumentException(
                    microBatches.size() + " micro-batches count for " + total + ": a step needs something to learn");
        }
        try (Gradients gradients = new Gradients(trained)) {
            Optional<L> loss = Optional.empty();
            double counted = 0;
            for (B batch : microBatches) {
                double weight = objective.weight(batch);
                if (weight > 0) {
                    gradients.weigh(weight / total);
                    L now = objective.accumulate(batch, gradients);
                    counted += weight;
                    double share = weight / counted;
                    loss = Optional.of(loss.map(before -> objective.merged(before, now, share))
                            .orElse(now));
                }
            }
            return new Step<>(loss.orElseThrow(), optimiser.step(gradients, learningRate));
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
