package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.rlhf.rehearsal.OwnTexts;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.training.Learner;
import io.alignstream.training.StoredState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/**
 * A policy that learns and keeps what it knows: only its upper blocks learn, and with each step it rehearses what the SFT
 * model says of its own accord. For one thread.
 */
final class PolicyLearner implements AutoCloseable {

    private static final String OPTIMISER = "policy.optimiser";

    private final TunedNetwork policy;
    private final Learner learner;
    private final NextTokenObjective rehearsal;
    private final OwnWriting rehearsed;
    private final RlhfSettings settings;

    /** A learner of {@code policy}, which is closed with it, with zero moments. */
    PolicyLearner(RlhfInputs inputs, TunedNetwork policy) {
        this.settings = inputs.settings();
        this.policy = policy;
        Transformer computing = policy.network().computeIn(settings.batches().precision());
        this.learner = new Learner(
                policy.trained(settings.retention().trainableShare()),
                AdamW.Settings.REINFORCEMENT,
                settings.batches().memory(),
                inputs.workers());
        this.rehearsal = new NextTokenObjective(policy.trained(1), computing.precision());
        this.rehearsed = inputs.own().rehearsed();
    }

    /** The policy as it is now; stays owned by this. */
    TunedNetwork policy() {
        return policy;
    }

    /**
     * One step.
     *
     * @param number of the step in the whole run: decides what is rehearsed
     */
    <B, L> Learner.Step<L> step(Objective<B, L> objective, B batch, double learningRate, long number) {
        policy.changed();
        List<Learner.Beside<?>> beside = new ArrayList<>();
        rehearse(beside, rehearsed.conversations(), "rehearsal", number);
        rehearse(beside, rehearsed.documents(), "rehearsal of documents", number);
        return learner.step(objective, batch, beside, learningRate);
    }

    private void rehearse(List<Learner.Beside<?>> beside, OwnTexts own, String name, long number) {
        double coefficient = settings.retention().coefficient();
        if (coefficient > 0 && own.size() > 0) {
            Sequences drawn =
                    own.draw(settings.batches().minibatchEpisodes(), SeededRandom.of(settings.seed(), name, number));
            beside.add(new Learner.Beside<>(rehearsal, drawn, coefficient));
        }
    }

    /** Remembers it as it is. */
    void mark() {
        learner.mark();
    }

    /** Undoes all steps since {@link #mark}. */
    void goBack() {
        policy.changed();
        learner.goBack();
    }

    /** The optimiser. */
    SequencedMap<String, Tensor> state() {
        return learner.state(OPTIMISER);
    }

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    void restore(StoredState stored) throws IOException {
        learner.restore(OPTIMISER, stored.tensors());
    }

    @Override
    public void close() {
        learner.close();
        policy.close();
    }
}
