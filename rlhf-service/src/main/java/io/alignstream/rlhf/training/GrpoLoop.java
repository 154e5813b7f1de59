package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.GrpoObjective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.training.Learner;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import java.io.IOException;
import java.util.List;
import java.util.SequencedMap;

/**
 * Group relative policy optimisation (Shao et al., arXiv 2402.03300): several answers to each prompt, and what an answer is
 * worth is how its score compares with the others'; there is no critic. With the advantage leave-one-out it is RLOO (Ahmadian
 * et al., arXiv 2402.14740), with PPO's clipping.
 *
 * <p>One iteration: sample groups, score them, some epochs of clipped steps. Everything random is a function of seed and
 * iteration, so weights and moments of the policy and the iteration's number are the complete state. β stays as it is. For one thread.
 */
public final class GrpoLoop extends SampledPolicyLoop {

    private final PolicyLearner policy;
    private final GrpoObjective objective;
    private final Rollout rollout;

    private GrpoLoop(RlhfInputs inputs, List<int[]> prompts, Recovery recovery, TunedNetwork policy) {
        super(inputs, recovery);
        this.policy = new PolicyLearner(inputs, policy);
        boolean penaltyInLoss = settings.grpo().advantage() == RlhfSettings.Advantage.GROUP_NORMALISED;
        this.objective = new GrpoObjective(
                policy.network(),
                settings.sampling().temperature(),
                settings.clipping().ratio(),
                penaltyInLoss ? settings.kl().coefficient() : 0);
        this.rollout = new Rollout(
                inputs,
                prompts,
                policy.network(),
                sequences -> new float[sequences.batch()][sequences.time()],
                settings.grpo().group());
    }

    static GrpoLoop begin(RlhfInputs inputs, Recovery recovery) {
        List<int[]> prompts = inputs.promptsWithRoom();
        return new GrpoLoop(inputs, prompts, recovery, inputs.policy());
    }

    static GrpoLoop resume(RlhfInputs inputs, StoredState stored, Recovery recovery) throws IOException {
        List<int[]> prompts = inputs.promptsWithRoom();
        GrpoLoop loop = new GrpoLoop(inputs, prompts, recovery, inputs.policy(stored));
        try {
            loop.policy.restore(stored);
            loop.restore(stored);
            return loop;
        } catch (IOException | RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    @Override
    public String phase() {
        return "grpo";
    }

    @Override
    Rollout rollout() {
        return rollout;
    }

    @Override
    double klCoefficient() {
        return settings.kl().coefficient();
    }

    @Override
    void mark() {
        policy.mark();
    }

    @Override
    void goBack() {
        policy.goBack();
    }

    @Override
    void update(List<Minibatch> batch, IterationFigures figures) {
        List<GrpoObjective.Batch> targets = batch.stream().map(this::targets).toList();
        int epochs = settings.batches().epochs();
        double rate =
                settings.learningRates().policy() * (1 - (double) iteration / total()) * recovery.learningRateScale();
        boolean first = true;
        for (int epoch = 0; epoch < epochs; epoch++) {
            long index = iteration * epochs + epoch;
            long number = index * batch.size();
            for (int i :
                    SeededRandom.permutation(batch.size(), SeededRandom.of(settings.seed(), "minibatches", index))) {
                Learner.Step<PolicyObjective.Figures> step = policy.step(objective, targets.get(i), rate, number++);
                if (first) {
                    requireSameNumerics(step.loss());
                }
                figures.observePolicy(step);
                first = false;
            }
        }
    }

    private GrpoObjective.Batch targets(Minibatch part) {
        List<Episode> episodes = part.episodes();
        return new GrpoObjective.Batch(
                part.sequences(),
                part.grid(episodes.stream().map(Episode::logs).toList()),
                part.grid(episodes.stream().map(Episode::referenceLogs).toList()),
                advantages(episodes));
    }

    /** Of the episodes of whole groups, one after the other. */
    private float[] advantages(List<Episode> episodes) {
        boolean normalised = settings.grpo().advantage() == RlhfSettings.Advantage.GROUP_NORMALISED;
        double[] scores = episodes.stream()
                .mapToDouble(episode -> normalised
                        ? episode.score()
                        : episode.score() - settings.kl().coefficient() * episode.kl())
                .toArray();
        return normalised
                ? GroupAdvantages.normalised(scores, settings.grpo().group())
                : GroupAdvantages.leaveOneOut(scores, settings.grpo().group());
    }

    /** The optimiser. */
    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = policy.state();
        best.addTo(state, iteration);
        return state;
    }

    @Override
    TunedNetwork policy() {
        return policy.policy();
    }

    @Override
    public void close() {
        super.close();
        policy.close();
    }
}
