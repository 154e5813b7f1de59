package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.training.BestModel;
import io.alignstream.training.Learner;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proximal policy optimisation (Schulman et al., arXiv 1707.06347) of an SFT model against a reward model, with a
 * per-token penalty for drifting away from the SFT model and a critic of its own.
 *
 * <p>One iteration: sample a batch, score it, estimate advantages, some epochs of clipped steps, adapt β. Everything
 * random is a function of seed and iteration, so weights and moments of policy and critic, β and the iteration's number
 * are the complete state. The minibatches of an iteration are fixed, only their order changes from epoch to epoch. Left
 * out: an entropy bonus, rewards shifted or scaled by a running
 * deviation. For one thread.
 */
public final class PpoLoop extends SampledPolicyLoop {

    private static final Logger LOG = LoggerFactory.getLogger(PpoLoop.class);

    private static final String KL_COEFFICIENT = "kl.coefficient";

    private final ActorCritic networks;
    private final Rollout rollout;
    private AdaptiveKl kl;

    private PpoLoop(RlhfInputs inputs, List<int[]> prompts, Recovery recovery, ActorCritic networks) {
        super(inputs, recovery);
        this.networks = networks;
        this.rollout = new Rollout(inputs, prompts, networks.policy().network(), networks::values, 1);
        this.kl = new AdaptiveKl(settings.kl(), settings.kl().coefficient());
    }

    static PpoLoop begin(RlhfInputs inputs, Recovery recovery) {
        List<int[]> prompts = inputs.promptsWithRoom();
        return new PpoLoop(inputs, prompts, recovery, ActorCritic.start(inputs));
    }

    static PpoLoop resume(RlhfInputs inputs, StoredState stored, Recovery recovery) throws IOException {
        Tensor coefficient = stored.tensors().get(KL_COEFFICIENT);
        if (coefficient == null) {
            throw new IOException("training state: tensor " + KL_COEFFICIENT + " is missing");
        }
        List<int[]> prompts = inputs.promptsWithRoom();
        PpoLoop loop = new PpoLoop(inputs, prompts, recovery, ActorCritic.resume(inputs, stored));
        loop.restore(stored);
        loop.kl = new AdaptiveKl(
                inputs.settings().kl(), Double.longBitsToDouble(coefficient.toLongs()[0]));
        return loop;
    }

    @Override
    public String phase() {
        return "ppo";
    }

    @Override
    Rollout rollout() {
        return rollout;
    }

    /** β adapts once the policy learns. */
    @Override
    void observeKl(double divergence, int episodes) {
        if (policyLearns()) {
            kl.observe(divergence, episodes);
        }
    }

    @Override
    void mark() {
        networks.mark();
    }

    @Override
    void goBack() {
        networks.goBack();
    }

    @Override
    void update(List<Minibatch> batch, IterationFigures figures) {
        List<Targets> targets = Targets.of(batch, kl.coefficient(), settings.gamma(), settings.lambda());
        RlhfSettings.LearningRates rates = settings.learningRates();
        int epochs = settings.batches().epochs();
        double remaining = (1 - (double) iteration / total()) * recovery.learningRateScale();
        boolean first = true;
        for (int epoch = 0; epoch < epochs; epoch++) {
            long index = iteration * epochs + epoch;
            long number = index * batch.size();
            for (int i :
                    SeededRandom.permutation(batch.size(), SeededRandom.of(settings.seed(), "minibatches", index))) {
                Sequences sequences = batch.get(i).sequences();
                Targets target = targets.get(i);
                if (policyLearns()) {
                    Learner.Step<PolicyObjective.Figures> step =
                            networks.stepPolicy(sequences, target, rates.policy() * remaining, number++);
                    if (first) {
                        requireSameNumerics(step.loss());
                    }
                    figures.observePolicy(step);
                    first = false;
                }
                figures.observeValue(networks.stepCritic(sequences, target, rates.critic() * remaining));
            }
        }
    }

    /** Whether the critic's warm-up is over. */
    private boolean policyLearns() {
        return iteration >= settings.learningRates().criticWarmup();
    }

    /** Critic, both optimisers, β. */
    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = networks.state();
        state.put(KL_COEFFICIENT, Tensor.of(new long[] {Double.doubleToRawLongBits(kl.coefficient())}, 1));
        best.addTo(state, iteration);
        return state;
    }

    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel)
            throws IOException {
        if (drifted()) {
            LOG.atWarn()
                    .addKeyValue("iteration", iteration)
                    .addKeyValue("bound", settings.kl().bound())
                    .log("Stopped early: KL is above its bound");
        }
        SequencedMap<String, Double> figures = super.finish(last, bestModel);
        figures.put("klCoefficient", kl.coefficient());
        figures.put("episodes", (double) iteration * settings.batches().episodes());
        return figures;
    }

    @Override
    TunedNetwork policy() {
        return networks.policy();
    }

    @Override
    double klCoefficient() {
        return kl.coefficient();
    }

    @Override
    public void close() {
        super.close();
        networks.close();
    }
}
