package io.alignstream.reward;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.RankedPair;
import io.alignstream.languagemodel.transformer.RewardModel;
import io.alignstream.languagemodel.transformer.Sampler;
import io.alignstream.languagemodel.transformer.SeededRandom;
import io.alignstream.languagemodel.transformer.Transformer;
import io.alignstream.languagemodel.transformer.TransformerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Trains a reward model on K-way rankings: all pairs −log σ(r_i − r_j − margin), ties |r_i − r_j| (Ouyang et al., arXiv
 * 2203.02155, section 3.5), each request counting once, with a small pull of the scores towards 0.
 *
 * <p>The model is the bottom of the SFT model with a scalar head. Everything random is a function of seed and epoch, so
 * weights, moments and the step number are the complete state. Left out: Plackett–Luce, a second annotator's weight,
 * dropout. For one thread.
 */
public final class RewardLoop implements AutoCloseable {

    private static final String OPTIMISER = "optimiser";

    private final RewardConfig.Training config;
    private final long seed;
    private final List<RankedAnswers> training;
    private final List<RankedAnswers> heldOut;
    private final Transformer network;
    private final AdamW optimiser;
    private final int tooLong;
    private long step;

    /** Starts at step 0 from {@code sft}, which is only read. */
    public RewardLoop(RewardConfig.Training config, long seed, Transformer sft, List<RankedAnswers> requests) {
        this(config, seed, truncated(config, seed, sft), requests, 0);
    }

    private RewardLoop(
            RewardConfig.Training config, long seed, Transformer network, List<RankedAnswers> requests, long step) {
        this.config = config;
        this.seed = seed;
        this.network = network;
        this.step = step;
        List<RankedAnswers> fitting = requests.stream()
                .filter(request -> request.longest() <= network.config().maxPositions())
                .toList();
        this.tooLong = requests.size() - fitting.size();
        this.training =
                fitting.stream().filter(r -> !r.heldOut(config.heldOutShare())).toList();
        this.heldOut =
                fitting.stream().filter(r -> r.heldOut(config.heldOutShare())).toList();
        if (training.isEmpty()) {
            network.close();
            throw new IllegalArgumentException(
                    "none of " + requests.size() + " ranked requests is left to train on: " + tooLong
                            + " are longer than the model's " + network.config().maxPositions()
                            + " positions, the others are held out; add rankings of more prompts");
        }
        this.optimiser = new AdamW(network, AdamW.Settings.REINFORCEMENT);
    }

    /**
     * Continues from what {@link #weights} and {@link #state} gave at {@code step}, with the same configuration, seed and
     * requests.
     *
     * @param network with the weights; the loop takes it over and closes it
     * @throws IOException if a tensor is missing or has another shape
     */
    public static RewardLoop resume(
            RewardConfig.Training config,
            long seed,
            Transformer network,
            List<RankedAnswers> requests,
            long step,
            Map<String, Tensor> state)
            throws IOException {
        RewardLoop loop = new RewardLoop(config, seed, network, requests, step);
        try {
            loop.optimiser.restore(OPTIMISER, state);
            return loop;
        } catch (IOException e) {
            loop.close();
            throw e;
        }
    }

    private static Transformer truncated(RewardConfig.Training config, long seed, Transformer sft) {
        Transformer network = sft.copy(Math.min(config.layers(), sft.config().layers()));
        network.addHead(seed);
        return network;
    }

    /** One step on {@code batch} requests; returns loss, learning rate and gradient norm. */
    public Map<String, Double> train() {
        List<RankedAnswers> batch = batch();
        List<int[]> rows = new ArrayList<>();
        List<RankedPair> pairs = new ArrayList<>();
        for (RankedAnswers request : batch) {
            int first = rows.size();
            rows.addAll(request.answers());
            for (RankedAnswers.Pair pair : request.pairs()) {
                pairs.add(new RankedPair(
                        first + pair.better(),
                        first + pair.worse(),
                        config.margin() * pair.gap(),
                        pair.weight() / batch.size(),
                        pair.tied()));
            }
        }
        int[] last = rows.stream().mapToInt(row -> row.length - 1).toArray();
        double rate = learningRate();
        AdamW.Step done = optimiser.rankingStep(RewardModel.sequences(rows), last, pairs, config.centring(), rate);
        if (!Double.isFinite(done.loss())) {
            throw new IllegalStateException("the loss of step " + step + " is " + done.loss()
                    + "; lower alignstream.reward.training.learning-rate, which is " + config.learningRate());
        }
        step++;
        return new TreeMap<>(Map.of("loss", done.loss(), "gradientNorm", done.gradientNorm(), "learningRate", rate));
    }

    /** The requests of this step; each epoch has its own order, and its last batch may be smaller. */
    private List<RankedAnswers> batch() {
        long epoch = step / stepsPerEpoch();
        int start = (int) (step % stepsPerEpoch()) * config.batchRequests();
        int[] order = SeededRandom.permutation(training.size(), SeededRandom.of(seed, "reward epoch", epoch));
        return Arrays.stream(order, start, Math.min(start + config.batchRequests(), order.length))
                .mapToObj(training::get)
                .toList();
    }

    private double learningRate() {
        double warmUp = Math.max(1, config.warmupShare() * totalSteps());
        double rising = (step + 1) / warmUp;
        double falling = (totalSteps() - step) / Math.max(1, totalSteps() - warmUp);
        return config.learningRate() * Math.min(1, Math.min(rising, falling));
    }

    /** How well held-out pairs are judged now. */
    public SequencedMap<String, Double> evaluate() {
        // Not closed: it shares the network that is being trained.
        return evaluate(new RewardModel(network, 0));
    }

    /** How well {@code model} judges the held-out pairs. */
    SequencedMap<String, Double> evaluate(RewardModel model) {
        return RewardEvaluation.of(model, heldOut).metrics();
    }

    /**
     * The trained model with scores of mean 0 and variance 1 on answers that {@code sft} samples to the training prompts;
     * the caller closes it.
     *
     * @param endToken the end of turn
     */
    public RewardModel finish(Transformer sft, int endToken) {
        RewardModel model = new RewardModel(network.copy(), 0);
        double[] scores = model.scores(referenceRows(sft, endToken));
        double mean = Arrays.stream(scores).average().orElse(0);
        double variance = Arrays.stream(scores)
                .map(r -> (r - mean) * (r - mean))
                .average()
                .orElse(0);
        if (!(variance > 1e-12)) {
            return model;
        }
        try (model) {
            return model.normalised(mean, Math.sqrt(variance));
        }
    }

    /** Prompts with answers sampled at temperature 1; none if no prompt leaves room for an answer. */
    List<int[]> referenceRows(Transformer sft, int endToken) {
        Sampler sampler = new Sampler(1, config.maxAnswerTokens(), endToken);
        int longest = sft.config().maxPositions() - config.maxAnswerTokens();
        List<int[]> prompts = distinctPrompts().stream()
                .filter(prompt -> prompt.length <= longest)
                .toList();
        List<int[]> rows = new ArrayList<>();
        for (int round = 0; rows.size() < config.referenceAnswers() && !prompts.isEmpty(); round++) {
            rows.addAll(answered(sft, sampler, prompts, round));
        }
        return rows;
    }

    private List<int[]> answered(Transformer sft, Sampler sampler, List<int[]> prompts, int round) {
        int wanted = Math.min(prompts.size(), 32);
        List<int[]> batch = Arrays.stream(
                        SeededRandom.permutation(prompts.size(), SeededRandom.of(seed, "reference prompts", round)),
                        0,
                        wanted)
                .mapToObj(prompts::get)
                .toList();
        List<Sampler.Answer> answers = sampler.sample(sft, batch, SeededRandom.of(seed, "reference answers", round));
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            rows.add(joined(batch.get(i), answers.get(i).tokens()));
        }
        return rows;
    }

    private List<int[]> distinctPrompts() {
        SequencedMap<String, int[]> prompts = new LinkedHashMap<>();
        training.forEach(request -> prompts.putIfAbsent(request.promptText(), request.prompt()));
        return List.copyOf(prompts.values());
    }

    private static int[] joined(int[] prompt, int[] answer) {
        int[] row = Arrays.copyOf(prompt, prompt.length + answer.length);
        System.arraycopy(answer, 0, row, prompt.length, answer.length);
        return row;
    }

    public long step() {
        return step;
    }

    public long totalSteps() {
        return config.epochs() * stepsPerEpoch();
    }

    /** Ranked requests learned from so far, each counted in every epoch. */
    public long episodes() {
        long epoch = step / stepsPerEpoch();
        long inEpoch = Math.min(training.size(), (step % stepsPerEpoch()) * config.batchRequests());
        return epoch * training.size() + inEpoch;
    }

    public boolean finished() {
        return step >= totalSteps();
    }

    /** Shape of the network. */
    TransformerConfig config() {
        return network.config();
    }

    /** Requests left out because a row does not fit the model's positions. */
    public int tooLong() {
        return tooLong;
    }

    /** The weights now, not normalised. */
    public SequencedMap<String, Tensor> weights() {
        return network.tensors();
    }

    /** What is needed besides the weights to continue. */
    public SequencedMap<String, Tensor> state() {
        return optimiser.state(OPTIMISER);
    }

    private long stepsPerEpoch() {
        return Math.ceilDiv(training.size(), config.batchRequests());
    }

    @Override
    public void close() {
        optimiser.close();
        network.close();
    }
}
