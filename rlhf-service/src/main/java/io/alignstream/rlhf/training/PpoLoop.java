package io.alignstream.rlhf.training;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.training.BestModel;
import io.alignstream.training.Learner;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.Trouble;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proximal policy optimisation (Schulman et al., arXiv 1707.06347) of an SFT model against a reward model, with a
 * per-token penalty for drifting away from the SFT model and a critic of its own.
 *
 * <p>One iteration: sample a batch, score it, estimate advantages, some epochs of clipped steps, adapt β. Everything
 * random is a function of seed and iteration, so weights and moments of policy and critic, β and the iteration's number
 * are the complete state. The minibatches of an iteration are fixed, only their order changes from epoch to epoch. Left
 * out: pretraining loss mixed in, an entropy bonus, rewards shifted or scaled by a running
 * deviation. For one thread.
 */
public final class PpoLoop extends PolicyLoop {

    private static final Logger LOG = LoggerFactory.getLogger(PpoLoop.class);

    private static final String KL_COEFFICIENT = "kl.coefficient";

    private final ActorCritic networks;
    private final Rollout rollout;
    private AdaptiveKl kl;
    private boolean drifted;

    private PpoLoop(RlhfInputs inputs, List<int[]> prompts, Recovery recovery, ActorCritic networks) {
        super(inputs, recovery);
        this.networks = networks;
        this.rollout = new Rollout(inputs, prompts, networks.policy(), networks::values, 1);
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
    public long total() {
        return settings.batches().iterations();
    }

    /** Whether all iterations are done or the policy drifted too far. */
    @Override
    public boolean finished() {
        return drifted || iteration >= total();
    }

    @Override
    public String phase() {
        return "ppo";
    }

    @Override
    int validateEvery() {
        return settings.holdout().every();
    }

    /**
     * One iteration; its figures have the field's names.
     *
     * @throws IllegalStateException if sampling and training disagree about probabilities
     */
    @Override
    public Step step() {
        IterationFigures figures = new IterationFigures();
        List<Minibatch> batch;
        try {
            batch = rollout.of(iteration, figures);
        } catch (NotFiniteException e) {
            iteration++;
            return new Step(new TreeMap<>(), episodes(), Optional.of(Trouble.of(Reason.of("rlhf.diverged"))));
        }
        List<Episode> episodes =
                batch.stream().flatMap(part -> part.episodes().stream()).toList();
        figures.observe(episodes, kl.coefficient());
        update(batch, figures);
        double divergence = figures.get("objective/kl");
        if (policyLearns()) {
            kl.observe(divergence, episodes.size());
        }
        drifted = divergence > settings.kl().bound();
        iteration++;
        return new Step(figures.metrics(), episodes(), figures.notFinite().map(Trouble::of));
    }

    private Speed episodes() {
        return new Speed("episodesPerSecond", settings.batches().episodes());
    }

    private void update(List<Minibatch> batch, IterationFigures figures) {
        List<Targets> targets = Targets.of(batch, kl.coefficient(), settings.gamma(), settings.lambda());
        RlhfSettings.LearningRates rates = settings.learningRates();
        int epochs = settings.batches().epochs();
        double remaining = (1 - (double) iteration / total()) * recovery.learningRateScale();
        boolean first = true;
        for (int epoch = 0; epoch < epochs; epoch++) {
            long index = iteration * epochs + epoch;
            for (int i :
                    SeededRandom.permutation(batch.size(), SeededRandom.of(settings.seed(), "minibatches", index))) {
                Sequences sequences = batch.get(i).sequences();
                Targets target = targets.get(i);
                if (policyLearns()) {
                    Learner.Step<PolicyObjective.Figures> step =
                            networks.stepPolicy(sequences, target, rates.policy() * remaining);
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

    @Override
    public Map<String, Long> position() {
        // Episodes are the position in the endless stream of shuffled prompts.
        return Map.of(
                "iteration",
                iteration,
                "episode",
                iteration * settings.batches().episodes());
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
        if (drifted) {
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
    Transformer policy() {
        return networks.policy();
    }

    /** β now. */
    double klCoefficient() {
        return kl.coefficient();
    }

    /** Whether the last batch's KL was above its bound. */
    boolean drifted() {
        return drifted;
    }

    @Override
    public void close() {
        super.close();
        networks.close();
    }
}
