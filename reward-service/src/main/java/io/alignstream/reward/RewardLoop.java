package io.alignstream.reward;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
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
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import java.io.IOException;
import java.nio.IntBuffer;
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
 * Trains a reward model on K-way rankings: all pairs −log σ(r_i − r_j − margin), ties |r_i − r_j| (Ouyang et al., arXiv
 * 2203.02155, section 3.5), each request counting once, with a small pull of the scores towards 0.
 *
 * <p>The model is the bottom of the SFT model with a scalar head. Everything random is a function of seed and epoch, so
 * weights, moments and the step number are the complete state. Left out: Plackett–Luce, a second annotator's weight,
 * dropout. For one thread.
 */
public final class RewardLoop implements TrainingLoop {

    /** Multiplies the learning rate of a run that went back. */
    static final double RECOVERY_FACTOR = 0.3;

    private static final Logger LOG = LoggerFactory.getLogger(RewardLoop.class);
    private static final String OPTIMISER = "optimiser";

    private final RewardSettings settings;
    private final Transformer sft;
    private final Tokenizer tokenizer;
    private final Recovery recovery;
    private final List<RankedAnswers> training;
    private final List<RankedAnswers> heldOut;
    private final Transformer network;
    private final Learner learner;
    private final RankingObjective objective;
    private final BestWeights best = new BestWeights();
    private @Nullable RewardModel published;
    private long step;

    /**
     * The frozen inputs of a run.
     *
     * @param sft is only read; closed with the inputs
     * @param requests with their rankings, in a fixed order
     */
    public record Inputs(RewardSettings settings, Transformer sft, Tokenizer tokenizer, List<RankedAnswers> requests)
            implements TrainingLoop.Inputs {

        public Inputs {
            requests = List.copyOf(requests);
        }

        @Override
        public RewardLoop begin(Recovery recovery) {
            Transformer network =
                    sft.copy(Math.min(settings.layers(), sft.config().layers()));
            network.addHead(settings.seed());
            return new RewardLoop(this, recovery, network, 0);
        }

        @Override
        public RewardLoop resume(StoredState stored, Recovery recovery) throws IOException {
            RewardLoop loop = new RewardLoop(this, recovery, Transformer.load(stored.folder()), stored.step());
            try {
                loop.learner.restore(OPTIMISER, stored.tensors());
                loop.best.restore(stored.tensors());
                return loop;
            } catch (IOException e) {
                loop.close();
                throw e;
            }
        }

        @Override
        public void close() {
            sft.close();
        }
    }

    private RewardLoop(Inputs inputs, Recovery recovery, Transformer network, long step) {
        this.settings = inputs.settings();
        this.sft = inputs.sft();
        this.tokenizer = inputs.tokenizer();
        this.recovery = recovery;
        this.network = network;
        this.step = step;
        List<RankedAnswers> requests = inputs.requests();
        List<RankedAnswers> fitting = requests.stream()
                .filter(request -> request.longest() <= network.config().maxPositions())
                .toList();
        int tooLong = requests.size() - fitting.size();
        if (tooLong > 0) {
            LOG.atWarn()
                    .addKeyValue("requests", tooLong)
                    .log("Left out ranked requests that do not fit the model's positions");
        }
        this.training = fitting.stream()
                .filter(request -> !request.heldOut(settings.heldOutShare()))
                .toList();
        this.heldOut = fitting.stream()
                .filter(request -> request.heldOut(settings.heldOutShare()))
                .toList();
        if (training.isEmpty()) {
            network.close();
            throw new InvalidInputException(Reason.of("reward.noRequest")
                    .with("requests", requests.size())
                    .with("tooLong", tooLong)
                    .with("positions", network.config().maxPositions()));
        }
        this.learner = new Learner(network, AdamW.Settings.REINFORCEMENT);
        this.objective = new RankingObjective(network, settings.centring());
    }

    @Override
    public long done() {
        return step;
    }

    @Override
    public long total() {
        return settings.epochs() * stepsPerEpoch();
    }

    @Override
    public Step step() {
        List<RankedAnswers> requests = batch();
        double rate = learningRate();
        Learner.Step<Double> taken = learner.step(objective, objectiveBatch(requests, settings.margin()), rate);
        step++;
        SequencedMap<String, Double> figures =
                new TreeMap<>(Map.of("loss", taken.loss(), "gradientNorm", taken.gradientNorm(), "learningRate", rate));
        boolean finite = Double.isFinite(taken.loss()) && Double.isFinite(taken.gradientNorm());
        return new Step(
                figures,
                new Speed("rankingsPerSecond", requests.size()),
                finite ? Optional.empty() : Optional.of(Trouble.notFinite(taken.loss(), taken.gradientNorm(), rate)));
    }

    /** All answers of {@code requests} as rows, and every pair of them that somebody compared. */
    private static RankingObjective.Batch objectiveBatch(List<RankedAnswers> requests, double margin) {
        List<int[]> rows = new ArrayList<>();
        List<RankedPair> pairs = new ArrayList<>();
        for (RankedAnswers request : requests) {
            int first = rows.size();
            request.answers().forEach(answer -> rows.add(answer.ids()));
            for (PreferencePair pair : request.pairs()) {
                pairs.add(new RankedPair(
                        first + pair.better(),
                        first + pair.worse(),
                        margin * pair.gap(),
                        pair.weight() / requests.size(),
                        pair.tied()));
            }
        }
        int[] last = rows.stream().mapToInt(row -> row.length - 1).toArray();
        return new RankingObjective.Batch(RewardModel.sequences(rows), last, pairs);
    }

    /** The requests of this step; each epoch has its own order, and its last batch may be smaller. */
    private List<RankedAnswers> batch() {
        long epoch = step / stepsPerEpoch();
        int start = (int) (step % stepsPerEpoch()) * settings.batchRequests();
        int[] order =
                SeededRandom.permutation(training.size(), SeededRandom.of(settings.seed(), "reward epoch", epoch));
        return Arrays.stream(order, start, Math.min(start + settings.batchRequests(), order.length))
                .mapToObj(training::get)
                .toList();
    }

    private double learningRate() {
        return new LinearSchedule(settings.learningRate() * recovery.learningRateScale(), settings.warmupShare())
                .learningRate(step, total());
    }

    /** How well held-out pairs are judged now. */
    @Override
    public Evaluation evaluate() {
        if (step % settings.validateEvery() != 0) {
            return Evaluation.NONE;
        }
        // Not closed: it shares the network that is being trained.
        RewardEvaluation evaluation = RewardEvaluation.of(new RewardModel(network, 0), heldOut);
        OptionalDouble wrong =
                evaluation.pairs() == 0 ? OptionalDouble.empty() : OptionalDouble.of(1 - evaluation.pairAccuracy());
        return new Evaluation(evaluation.metrics(), wrong, Optional.empty());
    }

    @Override
    public void keepAsBest() {
        best.keep(network.tensors(), step);
    }

    /** The published model has scores of mean 0 and variance 1 on answers that the SFT model samples. */
    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel)
            throws IOException {
        Optional<SequencedMap<String, Tensor>> kept = bestModel.isPresent() ? best.tensors() : Optional.empty();
        RewardModel model = normalised(new RewardModel(
                kept.isPresent() ? Transformer.of(network.config(), kept.get(), "the best model") : network.copy(), 0));
        published = model;
        SequencedMap<String, Double> figures =
                new TreeMap<>(RewardEvaluation.of(model, heldOut).metrics());
        figures.put("episodes", (double) episodes());
        bestModel.ifPresent(found -> figures.put("bestStep", (double) found.step()));
        return figures;
    }

    @Override
    public Optional<String> finishedPhase() {
        return Optional.of(phase());
    }

    /** Takes {@code model} over. */
    private RewardModel normalised(RewardModel model) {
        double[] scores = model.scores(referenceRows());
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
    List<int[]> referenceRows() {
        AnswerSampler sampler = new AnswerSampler(1, settings.referenceAnswers().maxTokens(), tokenizer.endOfTurn());
        int longest = sft.config().maxPositions() - settings.referenceAnswers().maxTokens();
        List<int[]> prompts = distinctPrompts().stream()
                .filter(prompt -> prompt.length <= longest)
                .toList();
        List<int[]> rows = new ArrayList<>();
        for (int round = 0; rows.size() < settings.referenceAnswers().count() && !prompts.isEmpty(); round++) {
            rows.addAll(answered(sampler, prompts, round));
        }
        return rows;
    }

    private List<int[]> answered(AnswerSampler sampler, List<int[]> prompts, int round) {
        int wanted = Math.min(prompts.size(), 32);
        List<int[]> batch = Arrays.stream(
                        SeededRandom.permutation(
                                prompts.size(), SeededRandom.of(settings.seed(), "reference prompts", round)),
                        0,
                        wanted)
                .mapToObj(prompts::get)
                .toList();
        List<AnswerSampler.Answer> answers =
                sampler.sample(sft, batch, SeededRandom.of(settings.seed(), "reference answers", round));
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            rows.add(answers.get(i).after(batch.get(i)));
        }
        return rows;
    }

    private List<int[]> distinctPrompts() {
        SequencedMap<IntBuffer, int[]> prompts = new LinkedHashMap<>();
        training.forEach(request -> prompts.putIfAbsent(IntBuffer.wrap(request.prompt()), request.prompt()));
        return List.copyOf(prompts.values());
    }

    /** Ranked requests learned from so far, each counted in every epoch. */
    private long episodes() {
        long epoch = step / stepsPerEpoch();
        long inEpoch = Math.min(training.size(), (step % stepsPerEpoch()) * settings.batchRequests());
        return epoch * training.size() + inEpoch;
    }

    private long stepsPerEpoch() {
        return Math.ceilDiv(training.size(), settings.batchRequests());
    }

    @Override
    public Map<String, Long> position() {
        return Map.of("step", step, "totalSteps", total());
    }

    @Override
    public ModelFiles model() {
        return files(network.config(), network.tensors());
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = learner.state(OPTIMISER);
        best.addTo(state, step);
        return state;
    }

    @Override
    public ModelFiles finishedModel() {
        RewardModel model = published;
        if (model == null) {
            throw new IllegalStateException("the loop has not finished");
        }
        return files(model.network().config(), model.tensors());
    }

    @Override
    public SequencedMap<String, Tensor> finishedState() {
        return learner.state(OPTIMISER);
    }

    private ModelFiles files(TransformerConfig shape, Map<String, Tensor> weights) {
        return ModelFiles.of(shape, tokenizer, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, weights);
    }

    @Override
    public void close() {
        if (published != null) {
            published.close();
        }
        learner.close();
        network.close();
    }
}
