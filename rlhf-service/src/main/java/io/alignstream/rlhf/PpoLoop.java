package io.alignstream.rlhf;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
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

    private static final String POLICY_OPTIMISER = "policy.optimiser";
    private static final String CRITIC = "critic.";
    private static final String CRITIC_OPTIMISER = "critic.optimiser";
    private static final String KL_COEFFICIENT = "kl.coefficient";

    private final RlhfConfig.Training config;
    private final Inputs inputs;
    private final Recovery recovery;
    private final Transformer policy;
    private final Transformer critic;
    private final Learner policyLearner;
    private final Learner criticLearner;
    private final PolicyObjective policyObjective;
    private final ValueObjective valueObjective;
    private final AnswerSampler sampler;
    private final List<int[]> prompts;
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
     * @param comparison measures the policy on held-out prompts; it may have none
     */
    public record Inputs(
            RlhfConfig config,
            Transformer sft,
            RewardModel reward,
            Tokenizer tokenizer,
            List<int[]> prompts,
            int endToken,
            int pad,
            HeldOutComparison comparison)
            implements TrainingLoop.Inputs {

        @Override
        public PpoLoop begin(Recovery recovery) {
            return new PpoLoop(this, recovery, sft.copy(), reward.network().copy());
        }

        @Override
        public PpoLoop resume(StoredState stored, Recovery recovery) throws IOException {
            Map<String, Tensor> state = stored.tensors();
            Tensor coefficient = state.get(KL_COEFFICIENT);
            if (coefficient == null) {
                throw new IOException("training state: tensor " + KL_COEFFICIENT + " is missing");
            }
            Transformer policy = Transformer.load(stored.folder());
            Transformer critic = Transformer.of(
                    reward.network().config(), BestWeights.below(CRITIC, state), "the critic's checkpoint");
            PpoLoop loop = new PpoLoop(this, recovery, policy, critic);
            try {
                loop.policyLearner.restore(POLICY_OPTIMISER, state);
                loop.criticLearner.restore(CRITIC_OPTIMISER, state);
                loop.best.restore(state);
                loop.kl = new AdaptiveKl(
                        config.training().kl(),
                        Double.longBitsToDouble(coefficient.toLongs()[0]));
                loop.iteration = stored.step();
                return loop;
            } catch (IOException e) {
                loop.close();
                throw e;
            }
        }

        @Override
        public void close() {
            reward.close();
            sft.close();
        }
    }

    private PpoLoop(Inputs inputs, Recovery recovery, Transformer policy, Transformer critic) {
        this.inputs = inputs;
        this.config = inputs.config().training();
        this.recovery = recovery;
        this.policy = policy;
        this.critic = critic;
        this.sampler = new AnswerSampler(config.temperature(), config.maxAnswerTokens(), inputs.endToken());
        int positions = inputs.sft().config().maxPositions();
        this.prompts = inputs.prompts().stream()
                .filter(prompt -> prompt.length + config.maxAnswerTokens() <= positions)
                .toList();
        this.kl = new AdaptiveKl(config.kl(), config.kl().coefficient());
        if (prompts.isEmpty()) {
            policy.close();
            critic.close();
            throw new InvalidInputException(Reason.of("rlhf.noPrompt")
                    .with("prompts", inputs.prompts().size())
                    .with("tokens", config.maxAnswerTokens())
                    .with("positions", positions));
        }
        this.policyLearner = new Learner(policy, AdamW.Settings.REINFORCEMENT);
        this.criticLearner = new Learner(critic, AdamW.Settings.REINFORCEMENT);
        this.policyObjective = new PolicyObjective(policy, config.temperature(), config.clip());
        this.valueObjective = new ValueObjective(critic, config.valueClip(), config.valueCoefficient());
    }

    @Override
    public long done() {
        return iteration;
    }

    @Override
    public long total() {
        return config.iterations();
    }

    /** Whether all iterations are done or the policy drifted too far. */
    @Override
    public boolean finished() {
        return drifted || iteration >= config.iterations();
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
            batch = rollOut(figures);
        } catch (NotFiniteException e) {
            iteration++;
            return new Step(new TreeMap<>(), episodes(), Optional.of(Trouble.of(Reason.of("rlhf.diverged"))));
        }
        List<Episode> episodes =
                batch.stream().flatMap(part -> part.episodes().stream()).toList();
        figures.observe(episodes, kl.coefficient());
        update(batch, figures);
        double divergence = figures.get("objective/kl");
        if (iteration >= config.criticWarmUp()) {
            kl.observe(divergence, episodes.size());
        }
        drifted = divergence > config.kl().bound();
        iteration++;
        return new Step(figures.metrics(), episodes(), figures.notFinite().map(Trouble::of));
    }

    private Speed episodes() {
        return new Speed("episodesPerSecond", config.batchEpisodes());
    }

    /** Samples the next prompts and scores the answers. */
    private List<Minibatch> rollOut(IterationFigures figures) {
        List<int[]> asked = nextPrompts();
        List<AnswerSampler.Answer> answers =
                sampler.sample(policy, asked, SeededRandom.of(inputs.config().seed(), "rollout", iteration));
        List<Minibatch> batch = new ArrayList<>();
        for (int start = 0; start < asked.size(); start += config.minibatchEpisodes()) {
            int end = start + config.minibatchEpisodes();
            batch.add(minibatch(asked.subList(start, end), answers.subList(start, end), figures));
        }
        return batch;
    }

    private Minibatch minibatch(List<int[]> asked, List<AnswerSampler.Answer> answers, IterationFigures figures) {
        List<int[]> rows = new ArrayList<>();
        for (int b = 0; b < asked.size(); b++) {
            rows.add(joined(asked.get(b), answers.get(b).tokens()));
        }
        Sequences sequences = Minibatch.sequences(
                rows, asked.stream().map(prompt -> prompt.length).toList(), inputs.pad());
        float[][] logs = policy.logProbabilities(sequences, config.temperature());
        float[][] referenceLogs = inputs.sft().logProbabilities(sequences, config.temperature());
        float[][] values = critic.scalars(sequences);
        double[] scores = inputs.reward().scores(rows);
        List<Episode> episodes = new ArrayList<>();
        for (int b = 0; b < rows.size(); b++) {
            int prompt = asked.get(b).length;
            int length = answers.get(b).tokens().length;
            boolean ended = answers.get(b).ended();
            Episode episode = new Episode(
                    rows.get(b),
                    prompt,
                    ended,
                    score(scores[b], ended),
                    Minibatch.answerPart(logs[b], prompt, length),
                    Minibatch.answerPart(referenceLogs[b], prompt, length),
                    Minibatch.answerPart(values[b], prompt, length));
            figures.observeSampling(answers.get(b).logProbabilities(), episode.logs());
            episodes.add(episode);
        }
        return new Minibatch(sequences, episodes);
    }

    /** An answer that does not end is never better than an average one: the reward model has seen only ended ones. */
    private double score(double score, boolean ended) {
        double clipped = Math.clamp(score, -config.scoreClip(), config.scoreClip());
        return ended ? clipped : Math.min(clipped, 0) - config.missingEndPenalty();
    }

    /** The prompts of this iteration: pass after pass over all of them, each pass in its own order. */
    private List<int[]> nextPrompts() {
        List<int[]> next = new ArrayList<>();
        long pass = -1;
        int[] order = {};
        for (long episode = iteration * config.batchEpisodes(); next.size() < config.batchEpisodes(); episode++) {
            if (episode / prompts.size() != pass) {
                pass = episode / prompts.size();
                order = SeededRandom.permutation(
                        prompts.size(), SeededRandom.of(inputs.config().seed(), "prompts", pass));
            }
            next.add(prompts.get(order[(int) (episode % prompts.size())]));
        }
        return next;
    }

    private void update(List<Minibatch> batch, IterationFigures figures) {
        List<Targets> targets = targets(batch);
        double remaining = (1 - (double) iteration / config.iterations()) * recovery.learningRateScale();
        boolean first = true;
        for (int epoch = 0; epoch < config.epochs(); epoch++) {
            long index = iteration * config.epochs() + epoch;
            for (int i : SeededRandom.permutation(
                    batch.size(), SeededRandom.of(inputs.config().seed(), "minibatches", index))) {
                Sequences sequences = batch.get(i).sequences();
                Targets target = targets.get(i);
                if (iteration >= config.criticWarmUp()) {
                    Learner.Step<PolicyObjective.Figures> step = policyLearner.step(
                            policyObjective,
                            new PolicyObjective.Batch(sequences, target.logs(), target.advantages()),
                            config.policyLearningRate() * remaining);
                    requireSameNumerics(first, step.loss());
                    figures.observePolicy(step);
                    first = false;
                }
                figures.observeValue(criticLearner.step(
                        valueObjective,
                        new ValueObjective.Batch(sequences, target.values(), target.returns()),
                        config.criticLearningRate() * remaining));
            }
        }
    }

    private void requireSameNumerics(boolean first, PolicyObjective.Figures step) {
        if (first && step.greatestRatioGap() > RATIO_TOLERANCE) { // no number is a trouble of the step
            throw new IllegalStateException("before the first update of iteration " + iteration
                    + " the probability ratio differs from 1 by " + step.greatestRatioGap() + ", more than "
                    + RATIO_TOLERANCE + ": scoring and training do not compute the same probabilities");
        }
    }

    /** What a minibatch is trained towards, {@code [batch][time]} each. */
    private record Targets(float[][] logs, float[][] values, float[][] advantages, float[][] returns) {}

    /** Advantages are whitened over all tokens of the batch; returns are taken before. */
    private List<Targets> targets(List<Minibatch> batch) {
        List<List<double[]>> advantages = batch.stream()
                .map(part -> part.episodes().stream()
                        .map(episode -> episode.advantages(kl.coefficient(), config.gamma(), config.lambda()))
                        .toList())
                .toList();
        Whitening whitening =
                Whitening.of(advantages.stream().flatMap(List::stream).toList());
        List<Targets> targets = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            Minibatch part = batch.get(i);
            List<double[]> returns = new ArrayList<>();
            for (int b = 0; b < part.episodes().size(); b++) {
                double[] values = part.episodes().get(b).values();
                double[] advantage = advantages.get(i).get(b);
                double[] sum = new double[values.length];
                Arrays.setAll(sum, t -> values[t] + advantage[t]);
                returns.add(sum);
            }
            targets.add(new Targets(
                    part.grid(part.episodes().stream().map(Episode::logs).toList()),
                    part.grid(part.episodes().stream().map(Episode::values).toList()),
                    part.grid(advantages.get(i).stream().map(whitening::apply).toList()),
                    part.grid(returns)));
        }
        return targets;
    }

    static int[] joined(int[] prompt, int[] answer) {
        int[] row = Arrays.copyOf(prompt, prompt.length + answer.length);
        System.arraycopy(answer, 0, row, prompt.length, answer.length);
        return row;
    }

    /** Compares with the SFT model on held-out prompts, at times. */
    @Override
    public Evaluation evaluate() {
        if (iteration % inputs.config().validateEvery() != 0) {
            return Evaluation.NONE;
        }
        HeldOutComparison.Figures figures = inputs.comparison().compare(policy);
        return new Evaluation(figures.metrics(), OptionalDouble.of(1 - figures.winRate()), Optional.empty());
    }

    @Override
    public void keepAsBest() {
        best.keep(policy.tensors(), iteration);
    }

    @Override
    public Map<String, Long> position() {
        // Episodes are the position in the endless stream of shuffled prompts.
        return Map.of("iteration", iteration, "episode", iteration * config.batchEpisodes());
    }

    @Override
    public ModelFiles model() {
        return files(policy);
    }

    /** Critic, both optimisers, β. */
    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        critic.tensors().forEach((name, tensor) -> state.put(CRITIC + name, tensor));
        state.putAll(policyLearner.state(POLICY_OPTIMISER));
        state.putAll(criticLearner.state(CRITIC_OPTIMISER));
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
                    .addKeyValue("bound", config.kl().bound())
                    .log("Stopped early: KL is above its bound");
        }
        Optional<SequencedMap<String, Tensor>> kept = bestModel.isPresent() ? best.tensors() : Optional.empty();
        if (kept.isPresent()) {
            published = Transformer.of(policy.config(), kept.get(), "the best policy");
        }
        SequencedMap<String, Double> figures =
                inputs.comparison().compare(finished(published)).metrics();
        figures.put("klCoefficient", kl.coefficient());
        figures.put("episodes", (double) iteration * config.batchEpisodes());
        bestModel.ifPresent(found -> figures.put("bestStep", (double) found.step()));
        return figures;
    }

    private Transformer finished(@Nullable Transformer chosen) {
        return chosen == null ? policy : chosen;
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
        return policy;
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
        policyLearner.close();
        criticLearner.close();
        policy.close();
        critic.close();
    }
}
