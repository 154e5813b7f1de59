package io.alignstream.rlhf;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.RewardModel;
import io.alignstream.languagemodel.transformer.Sampler;
import io.alignstream.languagemodel.transformer.SeededRandom;
import io.alignstream.languagemodel.transformer.Sequences;
import io.alignstream.languagemodel.transformer.Transformer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

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
public final class PpoLoop implements AutoCloseable {

    /** Before the first update on a batch the ratio may differ from 1 by this at most (fp32). */
    static final double RATIO_TOLERANCE = 1e-5;

    private static final String POLICY_OPTIMISER = "policy.optimiser";
    private static final String CRITIC = "critic.";
    private static final String CRITIC_OPTIMISER = "critic.optimiser";
    private static final String KL_COEFFICIENT = "kl.coefficient";

    private final RlhfConfig.Training config;
    private final long seed;
    private final Transformer reference;
    private final RewardModel reward;
    private final Transformer policy;
    private final Transformer critic;
    private final AdamW policyOptimiser;
    private final AdamW criticOptimiser;
    private final Sampler sampler;
    private final int pad;
    private final List<int[]> prompts;
    private AdaptiveKl kl;
    private long iteration;
    private boolean drifted;

    /**
     * Starts at iteration 0; the models are only read and not closed.
     *
     * @param prompts token ids up to the assistant's token; those that leave no room for an answer are left out
     * @param endToken the end of turn
     * @param pad another id
     */
    public PpoLoop(
            RlhfConfig.Training config,
            long seed,
            Transformer sft,
            RewardModel reward,
            List<int[]> prompts,
            int endToken,
            int pad) {
        this(
                config,
                seed,
                sft,
                reward,
                prompts,
                endToken,
                pad,
                sft.copy(),
                reward.network().copy());
    }

    private PpoLoop(
            RlhfConfig.Training config,
            long seed,
            Transformer sft,
            RewardModel reward,
            List<int[]> prompts,
            int endToken,
            int pad,
            Transformer policy,
            Transformer critic) {
        this.config = config;
        this.seed = seed;
        this.reference = sft;
        this.reward = reward;
        this.policy = policy;
        this.critic = critic;
        this.sampler = new Sampler(config.temperature(), config.maxAnswerTokens(), endToken);
        this.pad = pad;
        this.prompts = prompts.stream()
                .filter(prompt ->
                        prompt.length + config.maxAnswerTokens() <= sft.config().maxPositions())
                .toList();
        this.kl = new AdaptiveKl(config.kl(), config.kl().coefficient());
        if (this.prompts.isEmpty() || config.batchEpisodes() % config.minibatchEpisodes() != 0) {
            policy.close();
            critic.close();
            throw new IllegalArgumentException(
                    this.prompts.isEmpty()
                            ? "none of " + prompts.size() + " training prompts leaves room for "
                                    + config.maxAnswerTokens() + " tokens of answer in "
                                    + sft.config().maxPositions() + " positions; publish shorter prompts"
                            : "batch " + config.batchEpisodes() + " must be a multiple of minibatch "
                                    + config.minibatchEpisodes());
        }
        this.policyOptimiser = new AdamW(policy, AdamW.Settings.REINFORCEMENT);
        this.criticOptimiser = new AdamW(critic, AdamW.Settings.REINFORCEMENT);
    }

    /**
     * Continues after {@code iteration} iterations with what {@link #weights} and {@link #state} gave then, with the same
     * models, configuration, seed and prompts.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public static PpoLoop resume(
            RlhfConfig.Training config,
            long seed,
            Transformer sft,
            RewardModel reward,
            List<int[]> prompts,
            int endToken,
            int pad,
            long iteration,
            Map<String, Tensor> weights,
            Map<String, Tensor> state)
            throws IOException {
        Map<String, Tensor> criticWeights = new LinkedHashMap<>();
        state.forEach((name, tensor) -> {
            if (name.startsWith(CRITIC)) {
                criticWeights.put(name.substring(CRITIC.length()), tensor);
            }
        });
        Tensor coefficient = state.get(KL_COEFFICIENT);
        if (coefficient == null) {
            throw new IOException("training state: tensor " + KL_COEFFICIENT + " is missing");
        }
        Transformer policy = Transformer.of(sft.config(), weights, "the policy's checkpoint");
        Transformer critic = Transformer.of(reward.network().config(), criticWeights, "the critic's checkpoint");
        PpoLoop loop = new PpoLoop(config, seed, sft, reward, prompts, endToken, pad, policy, critic);
        try {
            loop.policyOptimiser.restore(POLICY_OPTIMISER, state);
            loop.criticOptimiser.restore(CRITIC_OPTIMISER, state);
            loop.kl = new AdaptiveKl(
                    config.kl(), Double.longBitsToDouble(coefficient.toLongs()[0]));
            loop.iteration = iteration;
            return loop;
        } catch (IOException e) {
            loop.close();
            throw e;
        }
    }

    /**
     * One iteration; returns its figures under the field's names.
     *
     * @throws IllegalStateException if sampling and training disagree about probabilities, or a loss is not finite
     */
    public SequencedMap<String, Double> iterate() {
        IterationFigures figures = new IterationFigures();
        List<Minibatch> batch = rollOut(figures);
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
        return figures.metrics();
    }

    /** Samples the next prompts and scores the answers. */
    private List<Minibatch> rollOut(IterationFigures figures) {
        List<int[]> asked = nextPrompts();
        List<Sampler.Answer> answers = sampler.sample(policy, asked, SeededRandom.of(seed, "rollout", iteration));
        List<Minibatch> batch = new ArrayList<>();
        for (int start = 0; start < asked.size(); start += config.minibatchEpisodes()) {
            int end = start + config.minibatchEpisodes();
            batch.add(minibatch(asked.subList(start, end), answers.subList(start, end), figures));
        }
        return batch;
    }

    private Minibatch minibatch(List<int[]> asked, List<Sampler.Answer> answers, IterationFigures figures) {
        List<int[]> rows = new ArrayList<>();
        for (int b = 0; b < asked.size(); b++) {
            rows.add(joined(asked.get(b), answers.get(b).tokens()));
        }
        Sequences sequences = Minibatch.sequences(
                rows, asked.stream().map(prompt -> prompt.length).toList(), pad);
        float[][] logs = policy.logProbabilities(sequences, config.temperature());
        float[][] referenceLogs = reference.logProbabilities(sequences, config.temperature());
        float[][] values = critic.scalars(sequences);
        double[] scores = reward.scores(rows);
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
                order = SeededRandom.permutation(prompts.size(), SeededRandom.of(seed, "prompts", pass));
            }
            next.add(prompts.get(order[(int) (episode % prompts.size())]));
        }
        return next;
    }

    private void update(List<Minibatch> batch, IterationFigures figures) {
        List<Targets> targets = targets(batch);
        double remaining = 1 - (double) iteration / config.iterations();
        boolean first = true;
        for (int epoch = 0; epoch < config.epochs(); epoch++) {
            long index = iteration * config.epochs() + epoch;
            for (int i : SeededRandom.permutation(batch.size(), SeededRandom.of(seed, "minibatches", index))) {
                Sequences sequences = batch.get(i).sequences();
                Targets target = targets.get(i);
                if (iteration >= config.criticWarmUp()) {
                    AdamW.PolicyStep step = policyOptimiser.policyStep(
                            sequences,
                            target.logs(),
                            target.advantages(),
                            config.temperature(),
                            config.clip(),
                            config.policyLearningRate() * remaining);
                    requireSameNumerics(first, step);
                    figures.observe(step);
                    first = false;
                }
                figures.observe(criticOptimiser.valueStep(
                        sequences,
                        target.values(),
                        target.returns(),
                        config.valueClip(),
                        config.valueCoefficient(),
                        config.criticLearningRate() * remaining));
            }
        }
        figures.requireFinite(iteration);
    }

    private void requireSameNumerics(boolean first, AdamW.PolicyStep step) {
        if (first && !(step.greatestRatioGap() <= RATIO_TOLERANCE)) {
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

    /** Iterations done. */
    public long iteration() {
        return iteration;
    }

    /** Episodes sampled, and so the position in the endless stream of shuffled prompts. */
    public long episode() {
        return iteration * config.batchEpisodes();
    }

    /** Whether all iterations are done or the policy drifted too far. */
    public boolean finished() {
        return drifted || iteration >= config.iterations();
    }

    /** Whether the last batch's KL was above its bound. */
    public boolean drifted() {
        return drifted;
    }

    /** The policy, to be compared and sampled from; stays owned by the loop. */
    public Transformer policy() {
        return policy;
    }

    /** β now. */
    public double klCoefficient() {
        return kl.coefficient();
    }

    /** The policy's weights. */
    public SequencedMap<String, Tensor> weights() {
        return policy.tensors();
    }

    /** What is needed besides the policy's weights and the iteration to continue: critic, both optimisers, β. */
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        critic.tensors().forEach((name, tensor) -> state.put(CRITIC + name, tensor));
        state.putAll(policyOptimiser.state(POLICY_OPTIMISER));
        state.putAll(criticOptimiser.state(CRITIC_OPTIMISER));
        state.put(KL_COEFFICIENT, Tensor.of(new long[] {Double.doubleToRawLongBits(kl.coefficient())}, 1));
        return state;
    }

    @Override
    public void close() {
        policyOptimiser.close();
        criticOptimiser.close();
        policy.close();
        critic.close();
    }
}
