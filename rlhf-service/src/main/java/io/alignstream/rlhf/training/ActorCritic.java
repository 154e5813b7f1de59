package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.training.BestWeights;
import io.alignstream.training.Learner;
import io.alignstream.training.StoredState;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** The policy and its critic, each with an optimiser of its own; for one thread. */
final class ActorCritic implements AutoCloseable {

    private static final String CRITIC = "critic.";
    private static final String CRITIC_OPTIMISER = "critic.optimiser";

    private final PolicyLearner policy;
    private final TunedNetwork critic;
    private final Learner criticLearner;
    private final PolicyObjective policyObjective;
    private final ValueObjective valueObjective;
    /** The critic's network begins as the (first) reward model's, whose scores have this besides; it stays as it is. */
    private final float bias;

    private ActorCritic(RlhfInputs inputs, TunedNetwork policy, TunedNetwork critic) {
        RlhfSettings settings = inputs.settings();
        this.bias = inputs.judges().reward().first().bias();
        this.policy = new PolicyLearner(inputs, policy);
        this.critic = critic;
        Transformer expecting = critic.network().computeIn(settings.batches().precision());
        this.criticLearner = new Learner(
                critic.trained(1),
                AdamW.Settings.REINFORCEMENT,
                settings.batches().memory(),
                inputs.workers());
        this.policyObjective = new PolicyObjective(
                policy.network(),
                settings.sampling().temperature(),
                settings.clipping().ratio());
        this.valueObjective = new ValueObjective(expecting, settings.clipping().value(), settings.valueCoefficient());
    }

    /** What begins as the SFT model, and as the reward model's network. */
    static ActorCritic start(RlhfInputs inputs) {
        TunedNetwork policy = inputs.policy();
        try {
            return new ActorCritic(inputs, policy, inputs.critic());
        } catch (RuntimeException e) {
            policy.close();
            throw e;
        }
    }

    /** Both as a checkpoint has them: the policy is its model, the rest is what {@link #state} gave. */
    static ActorCritic resume(RlhfInputs inputs, StoredState stored) throws IOException {
        Map<String, Tensor> state = stored.tensors();
        TunedNetwork policy = inputs.policy(stored);
        ActorCritic networks;
        try (TunedNetwork like = inputs.critic()) {
            networks = new ActorCritic(inputs, policy, like.with(BestWeights.below(CRITIC, state)));
        } catch (IOException | RuntimeException e) {
            policy.close();
            throw e;
        }
        try {
            networks.policy.restore(stored);
            networks.criticLearner.restore(CRITIC_OPTIMISER, state);
            return networks;
        } catch (IOException | RuntimeException e) {
            networks.close();
            throw e;
        }
    }

    /** The policy as it is now; stays owned by this. */
    TunedNetwork policy() {
        return policy.policy();
    }

    /** What the critic expects before each token, {@code [batch][time]}. */
    float[][] values(Sequences sequences) {
        return shifted(critic.network().scalars(sequences), bias);
    }

    /** One step of the policy, the {@code number}th one. */
    Learner.Step<PolicyObjective.Figures> stepPolicy(
            Sequences sequences, Targets target, double learningRate, long number) {
        return policy.step(
                policyObjective,
                new PolicyObjective.Batch(sequences, target.logs(), target.advantages()),
                learningRate,
                number);
    }

    /** One step of the critic. */
    Learner.Step<ValueObjective.Figures> stepCritic(Sequences sequences, Targets target, double learningRate) {
        return criticLearner.step(
                valueObjective,
                new ValueObjective.Batch(sequences, shifted(target.values(), -bias), shifted(target.returns(), -bias)),
                learningRate);
    }

    /** Remembers both as they are. */
    void mark() {
        policy.mark();
        criticLearner.mark();
    }

    /** Undoes all steps since {@link #mark}. */
    void goBack() {
        policy.goBack();
        criticLearner.goBack();
    }

    private static float[][] shifted(float[][] values, float by) {
        float[][] shifted = new float[values.length][];
        for (int row = 0; row < values.length; row++) {
            shifted[row] = values[row].clone();
            for (int t = 0; t < shifted[row].length; t++) {
                shifted[row][t] += by;
            }
        }
        return shifted;
    }

    /** The critic and both optimisers. */
    SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        critic.views().forEach((name, tensor) -> state.put(CRITIC + name, tensor));
        state.putAll(policy.state());
        state.putAll(criticLearner.state(CRITIC_OPTIMISER));
        return state;
    }

    @Override
    public void close() {
        criticLearner.close();
        policy.close();
        critic.close();
    }
}
