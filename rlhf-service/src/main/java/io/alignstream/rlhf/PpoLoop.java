package io.alignstream.rlhf;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.BestModel;
import io.alignstream.training.BestWeights;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.Trouble;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proximal policy optimisation (Schulman et al., arXiv 1707.06347) of an SFT model against a reward model, with a
 * per-token penalty for drifting away from the SFT model and a critic of its own.
 *
 * <p>One iteration: sample a batch, score it, estimate advantages, some epochs of clipped steps, adapt β. Everything
 * random is a function of seed and iteration, so weights and moments of policy and critic, β and the iteration's number
 * are the complete state. The minibatches of an iteration are fixed, only their order changes from epoch to epoch. Left
 * out: a second reward model, pretraining loss mixed in, an entropy bonus, rewards shifted or scaled by a running
 * deviation. For one thread.
 */
public final class PpoLoop implements TrainingLoop {

    /** Multiplies the learning rates of a run that went back. */
    static final double RECOVERY_FACTOR = 0.3;

    private static final Logger LOG = LoggerFactory.getLogger(PpoLoop.class);

    /** Before the first update on a batch the ratio may differ from 1 by this at most (fp32). */
    static final double RATIO_TOLERANCE = 1e-5;

    private static final String KL_COEFFICIENT = "kl.coefficient";

    private final Inputs inputs;
    private final RlhfSettings settings;
    private final Recovery recovery;
    private final ActorCritic networks;
    private final Rollout rollout;
    private final BestWeights best = new BestWeights();
    private AdaptiveKl kl;
    private long iteration;
    private boolean drifted;
    /** The best policy, if it is published and not the last one. */
    private @Nullable Transformer published;

    /**
     * The frozen inputs of a run; the models are only read and are closed with the inputs.
     *
     * @param tokenizer is stored with the policy
     * @param prompts token ids up to the assistant's token; those that leave no room for an answer are left out
     * @param endToken the end of turn
     * @param pad another id
     * @param judges the reward model that scores episodes, and the judge of the comparison
     * @param comparison measures the policy on held-out prompts; it may have none
     */
    public record Inputs(
            RlhfSettings settings,
            Transformer sft,
            HeldOutComparison.Judges judges,
            Tokenizer tokenizer,
            List<int[]> prompts,
            int endToken,
            int pad,
            HeldOutComparison comparison)
            implements TrainingLoop.Inputs {

        @Override
        public PpoLoop begin(Recovery recovery) {
            List<int[]> fitting = fittingPrompts();
            return new PpoLoop(this, fitting, recovery, ActorCritic.start(this));
        }

        @Override
        public PpoLoop resume(StoredState stored, Recovery recovery) throws IOException {
            Tensor coefficient = stored.tensors().get(KL_COEFFICIENT);
            if (coefficient == null) {
                throw new IOException("training state: tensor " + KL_COEFFICIENT + " is missing");
            }
            List<int[]> fitting = fittingPrompts();
            PpoLoop loop = new PpoLoop(this, fitting, recovery, ActorCritic.resume(this, stored));
            loop.best.restore(stored.tensors());
            loop.kl = new AdaptiveKl(
                    settings.kl(), Double.longBitsToDouble(coefficient.toLongs()[0]));
            loop.iteration = stored.step();
            return loop;
        }

        private List<int[]> fittingPrompts() {
            int room = settings.sampling().maxAnswerTokens();
            int positions = sft.config().maxPositions();
            List<int[]> fitting = prompts.stream()
                    .filter(prompt -> prompt.length + room <= positions)
                    .toList();
            if (fitting.isEmpty()) {
                throw new InvalidInputException(Reason.of("rlhf.noPrompt")
                        .with("prompts", prompts.size())
                        .with("tokens", room)
                        .with("positions", positions));
            }
            return fitting;
        }

        @Override
        public void close() {
            judges.close();
            sft.close();
        }
    }

    private PpoLoop(Inputs inputs, List<int[]> prompts, Recovery recovery, ActorCritic networks) {
        this.inputs = inputs;
        this.settings = inputs.settings();
        this.recovery = recovery;
        this.networks = networks;
        this.rollout = new Rollout(inputs, prompts, networks);
        this.kl = new AdaptiveKl(settings.kl(), settings.kl().coefficient());
    }

    @Override
    public long done() {
        return iteration;
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
                    requireSameNumerics(first, step.loss());
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

    private void requireSameNumerics(boolean first, PolicyObjective.Figures step) {
        if (first && step.greatestRatioGap() > RATIO_TOLERANCE) { // no number is a trouble of the step
            throw new IllegalStateException("before the first update of iteration " + iteration
                    + " the probability ratio differs from 1 by " + step.greatestRatioGap() + ", more than "
                    + RATIO_TOLERANCE + ": scoring and training do not compute the same probabilities");
        }
    }

    /** Compares with the SFT model on held-out prompts, at times. */
    @Override
    public Evaluation evaluate() {
        if (iteration % settings.holdout().every() != 0) {
            return Evaluation.NONE;
        }
        SequencedMap<String, Double> figures = inputs.comparison().compare(networks.policy(), 1);
        return new Evaluation(figures, OptionalDouble.of(judgement(figures)), Optional.empty());
    }

    /** Lower is better: who has lost more knowledge than the gate lets through is worse than any who has not. */
    private double judgement(Map<String, Double> figures) {
        double lost = figures.getOrDefault(HeldOutComparison.SFT_ACCURACY, 0.0)
                - figures.getOrDefault(HeldOutComparison.ACCURACY, 0.0);
        return lost > settings.gate().knowledgeLoss()
                ? 1 + lost
                : 1 - figures.getOrDefault(HeldOutComparison.WIN_RATE, Double.NaN);
    }

    @Override
    public void keepAsBest() {
        best.keep(networks.policy().tensors(), iteration);
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

    @Override
    public ModelFiles model() {
        return files(networks.policy());
    }

    /** Critic, both optimisers, β. */
    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = networks.state();
        state.put(KL_COEFFICIENT, Tensor.of(new long[] {Double.doubleToRawLongBits(kl.coefficient())}, 1));
        best.addTo(state, iteration);
        return state;
    }

    /** The figures by which the gate decides. */
    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel)
            throws IOException {
        if (drifted) {
            LOG.atWarn()
                    .addKeyValue("iteration", iteration)
                    .addKeyValue("bound", settings.kl().bound())
                    .log("Stopped early: KL is above its bound");
        }
        Optional<SequencedMap<String, Tensor>> kept = bestModel.isPresent() ? best.tensors() : Optional.empty();
        if (kept.isPresent()) {
            published = Transformer.of(networks.policy().config(), kept.get(), "the best policy");
        }
        SequencedMap<String, Double> figures = inputs.comparison()
                .compare(finished(published), settings.holdout().answers());
        figures.put("klCoefficient", kl.coefficient());
        figures.put("episodes", (double) iteration * settings.batches().episodes());
        bestModel.ifPresent(found -> figures.put("bestStep", (double) found.step()));
        return figures;
    }

    private Transformer finished(@Nullable Transformer chosen) {
        return chosen == null ? networks.policy() : chosen;
    }

    @Override
    public Optional<String> finishedPhase() {
        return Optional.of("gate");
    }

    @Override
    public ModelFiles finishedModel() {
        return files(finished(published));
    }

    private ModelFiles files(Transformer network) {
        Tokenizer tokenizer = inputs.tokenizer();
        return ModelFiles.of(
                network.config(),
                tokenizer,
                new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()},
                network.tensors());
    }

    /** The policy as it is now; stays owned by the loop. */
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
        if (published != null) {
            published.close();
        }
        networks.close();
    }
}
