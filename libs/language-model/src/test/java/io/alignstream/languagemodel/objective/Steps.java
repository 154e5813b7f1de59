package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.optimiser.AdamW;

/** Training steps as a loop takes them: gradients, then the update. */
public final class Steps {

    private Steps() {}

    /** What a step gave: the objective's report and the norm of the gradients. */
    public record Taken<L>(L loss, double gradientNorm) {}

    /** One step. */
    public static <B, L> Taken<L> take(
            Objective<B, L> objective, B batch, Trainable trained, AdamW optimiser, double learningRate) {
        try (Gradients gradients = new Gradients(trained)) {
            L loss = objective.accumulate(batch, gradients);
            return new Taken<>(loss, optimiser.step(gradients, learningRate));
        }
    }

    /** One step of next-token training in fp32. */
    public static Taken<Double> nextToken(Sequences batch, Trainable trained, AdamW optimiser, double learningRate) {
        return take(new NextTokenObjective(trained), batch, trained, optimiser, learningRate);
    }
}
