package io.alignstream.reward;

import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.BestModel;
import io.alignstream.training.BestWeights;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.Trouble;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.workers.ShardSum;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Trains a reward model on K-way rankings: all pairs −log σ(r_i − r_j − margin), ties |r_i − r_j| (Ouyang et al., arXiv
 * 2203.02155, section 3.5), each request counting once, with a small pull of the scores towards 0.
 *
 * <p>Two models, each the bottom of the SFT model with a scalar head, learn from disjoint prompts: first the judge, by which
 * the gate decides later, then the reward model, against which PPO trains. A policy that has found a weakness of the one
 * has not found it in the other. Either may be several networks ({@link RewardLearners}): one for each criterion that people
 * rank by, and of the reward model an ensemble. Weights, moments and the step number are the complete state. Left out: Plackett–Luce, a
 * second annotator's weight, dropout. For one thread.
 */
public final class RewardLoop implements TrainingLoop {

    /** Multiplies the learning rate of a run that went back. */
    static final double RECOVERY_FACTOR = 0.3;

    /** Held-out requests that are scored while training, at most; all of them are in the end. */
    static final int WATCHED = 1_024;

    private static final String JUDGE = "judge";

    private final RewardSettings settings;
    private final Transformer sft;
    private final Tokenizer tokenizer;
    private final List<RankedAnswers> heldOut;
    private final List<RankedAnswers> watched;
    private final ReferenceAnswers reference;
    private final RewardLearners judge;
    private final RewardLearners reward;
    private final BestWeights best = new BestWeights();
    private @Nullable RewardEnsemble published;
    private @Nullable RewardEnsemble publishedJudge;
    private long step;

    /**
     * The frozen inputs of a run.
     *
     * @param sft is only read; closed with the inputs
     * @param requests with their rankings, in a fixed order; each fits the model's positions
     * @param workers who trains it; stay the caller's
     */
    public record Inputs(
            RewardSettings settings,
            Transformer sft,
            Tokenizer tokenizer,
            List<RankedAnswers> requests,
            Workers workers)
            implements TrainingLoop.Inputs {

        public Inputs {
            requests = List.copyOf(requests);
        }

        /** Of a run on which nobody else works. */
        public Inputs(RewardSettings settings, Transformer sft, Tokenizer tokenizer, List<RankedAnswers> requests) {
            this(settings, sft, tokenizer, requests, Workers.alone(settings.shards()));
        }

        @Override
        public RewardLoop begin(Recovery recovery) {
            return new RewardLoop(
                    this,
                    split(),
                    recovery,
                    number -> network(settings.seed() + 2L * number),
                    number -> network(settings.seed() + 2L * number + 1),
                    0);
        }

        /**
         * What a run will need of memory, from the shapes of its networks and its settings alone.
         *
         * @param sft the shape of the SFT model
         */
        static MemoryPlan memory(RewardSettings settings, TransformerConfig sft, List<RankedAnswers> requests) {
            TransformerConfig shape = sft.withLayers(settings.layers(sft.layers()));
            Footprint network = Footprint.of(shape);
            int judges = split(settings, requests).criteria().size();
            long networks = (long) judges * (settings.ensemble() + 1);
            // Blocks compute real tokens only: a request takes what its own answers are long.
            int[] lengths = requests.stream()
                    .mapToInt(request -> request.answers().stream()
                            .mapToInt(answer -> answer.ids().length)
                            .sum())
                    .sorted()
                    .toArray();
            int longest = lengths.length == 0 ? 1 : lengths[lengths.length - 1];
            int batch = Arrays.stream(lengths)
                    .skip(Math.max(0, lengths.length - settings.batchRequests()))
                    .sum();
            int positions =
                    Math.max(longest, Math.min(settings.memory().positions(shape, settings.precision()), batch));
            LoraSettings lora = settings.lora();
            long learning = lora == null ? network.weights() : network.adapters(lora);
            long prepared = network.prepared(settings.precision()) + (lora == null ? 0 : network.merged(lora));
            long activations = settings.memory().kept(shape, settings.precision(), positions);
            // The copies that are normalised in the end; or what adapters are worked into, when no step is under way.
            long published = lora == null
                    ? networks * network.weights()
                    : Math.max(0, Math.min(networks, 2) * network.weights() - prepared - activations);
            return MemoryPlan.of(Map.of(
                    MemoryPlan.Part.FROZEN,
                    Footprint.of(sft).weights() + published,
                    MemoryPlan.Part.FILES,
                    Footprint.of(sft).weights(),
                    MemoryPlan.Part.WEIGHTS,
                    networks * learning,
                    MemoryPlan.Part.MOMENTS,
                    2 * networks * learning,
                    MemoryPlan.Part.GRADIENTS,
                    sets(settings, judges) * learning,
                    MemoryPlan.Part.PREPARED,
                    prepared,
                    MemoryPlan.Part.ACTIVATIONS,
                    activations,
                    MemoryPlan.Part.WORKSPACE,
                    network.workspace(positions) + network.scoring(positions),
                    MemoryPlan.Part.BEST,
                    settings.training().patience() > 0 ? networks * learning : 0L));
        }

        /**
         * Of gradients: one that is added to and one that is added; with shards as many as their tree needs, and those of the
         * other networks, which are all there before the first one counts.
         */
        private static long sets(RewardSettings settings, int criteria) {
            long others = settings.shards() == 1 ? 0 : (long) criteria * settings.ensemble() - 1;
            return ShardSum.mostSets(settings.shards()) + others;
        }

        private RankedSplit split() {
            return split(settings, requests);
        }

        private static RankedSplit split(RewardSettings settings, List<RankedAnswers> requests) {
            return RankedSplit.of(requests, settings.heldOutShare(), settings.judgeShare());
        }

        /** The bottom of the SFT model with a new head: a copy, or adapters on it. */
        private TunedNetwork network(long headSeed) {
            int layers = settings.layers(sft.config().layers());
            LoraSettings lora = settings.lora();
            Transformer bottom = lora == null ? sft.copy(layers) : sft.sharing(layers);
            bottom.addHead(headSeed);
            return lora == null
                    ? TunedNetwork.of(bottom)
                    : TunedNetwork.of(LoraAdapters.initialise(bottom, lora, headSeed));
        }

        @Override
        public RewardLoop resume(StoredState stored, Recovery recovery) throws IOException {
            RankedSplit split = split();
            int judges = split.criteria().size();
            Map<String, Tensor> weights = new HashMap<>(stored.tensors());
            if (settings.lora() == null) {
                ModelWeights.read(stored.folder())
                        .forEach((name, tensor) -> weights.put(RewardLearners.REWARD + "." + name, tensor));
            }
            List<TunedNetwork> judging = RewardLearners.networks(JUDGE, judges, () -> network(0), weights);
            List<TunedNetwork> rewarding;
            try {
                rewarding = RewardLearners.networks(
                        RewardLearners.REWARD, judges * settings.ensemble(), () -> network(0), weights);
            } catch (IOException | RuntimeException e) {
                judging.forEach(TunedNetwork::close);
                throw e;
            }
            RewardLoop loop = new RewardLoop(this, split, recovery, rewarding::get, judging::get, stored.step());
            try {
                loop.reward.restore(stored.tensors());
                loop.judge.restore(stored.tensors());
                loop.best.restore(stored.tensors());
                return loop;
            } catch (IOException | RuntimeException e) {
                loop.close();
                throw e;
            }
        }

        @Override
        public void close() {
            sft.close();
        }
    }

    private RewardLoop(
            Inputs inputs,
            RankedSplit split,
            Recovery recovery,
            IntFunction<TunedNetwork> rewarding,
            IntFunction<TunedNetwork> judging,
            long step) {
        this.settings = inputs.settings();
        this.sft = inputs.sft();
        this.tokenizer = inputs.tokenizer();
        this.step = step;
        this.heldOut = split.heldOut();
        this.watched = split.watched(WATCHED);
        this.reference = new ReferenceAnswers(settings, sft, tokenizer, split.reward());
        double scale = recovery.learningRateScale();
        List<String> criteria = split.criteria();
        this.judge = RewardLearners.of(JUDGE, settings, criteria, 1, split.judge(), scale, judging, inputs.workers());
        this.reward = RewardLearners.of(
                RewardLearners.REWARD,
                settings,
                criteria,
                settings.ensemble(),
                split.reward(),
                scale,
                rewarding,
                inputs.workers());
    }

    @Override
    public long done() {
        return step;
    }

    @Override
    public long total() {
        return judge.totalSteps() + reward.totalSteps();
    }

    @Override
    public String phase() {
        return judging() ? "judge" : "train";
    }

    /** Whether it is the judge's turn. */
    private boolean judging() {
        return step < judge.totalSteps();
    }

    @Override
    public Step step() {
        RewardLearners.Step taken = judging() ? judge.step(step) : reward.step(step - judge.totalSteps());
        step++;
        SequencedMap<String, Double> figures = new TreeMap<>(Map.of(
                "loss", taken.loss(), "gradientNorm", taken.gradientNorm(), "learningRate", taken.learningRate()));
        return new Step(
                figures,
                new Speed("rankingsPerSecond", taken.requests()),
                taken.isFinite()
                        ? Optional.empty()
                        : Optional.of(Trouble.notFinite(taken.loss(), taken.gradientNorm(), taken.learningRate())));
    }

    /** How well held-out pairs are judged now. */
    @Override
    public Evaluation evaluate() {
        if (judging() || step % settings.validateEvery() != 0) {
            return Evaluation.NONE;
        }
        RewardEvaluation evaluation = RewardEvaluation.of(reward.now(), watched);
        OptionalDouble wrong =
                evaluation.pairs() == 0 ? OptionalDouble.empty() : OptionalDouble.of(1 - evaluation.pairAccuracy());
        return new Evaluation(evaluation.metrics(), wrong, Optional.empty());
    }

    @Override
    public void keepAsBest() {
        best.keep(reward.weights(0), step);
    }

    /**
     * The published models have scores of mean 0 and variance 1 on answers that the SFT model samples; their figures are of
     * the models as they were trained, since their calibration is that of the scores that the loss has seen.
     */
    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel)
            throws IOException {
        Optional<SequencedMap<String, Tensor>> kept = bestModel.isPresent() ? best.tensors() : Optional.empty();
        RewardEnsemble trained = kept.isPresent() ? reward.with(kept.get()) : reward.copy();
        RewardEnsemble trainedJudge = judge.copy();
        SequencedMap<String, Double> figures =
                new TreeMap<>(RewardEvaluation.of(trained, heldOut).metrics());
        RewardEvaluation judged = RewardEvaluation.of(trainedJudge, heldOut);
        if (judged.pairs() > 0) {
            figures.put("judge/pairAccuracy", judged.pairAccuracy());
        }
        List<int[]> rows = reference.rows();
        published = normalised(trained, rows);
        publishedJudge = normalised(trainedJudge, rows);
        figures.put(
                "episodes", (double) judge.episodes(judge.totalSteps()) + reward.episodes(step - judge.totalSteps()));
        bestModel.ifPresent(found -> figures.put("bestStep", (double) found.step()));
        return figures;
    }

    @Override
    public Optional<String> finishedPhase() {
        return Optional.of(phase());
    }

    /** Takes {@code models} over. */
    private static RewardEnsemble normalised(RewardEnsemble models, List<int[]> rows) {
        return new RewardEnsemble(
                models.members().stream()
                        .map(member -> new RewardEnsemble.Member(member.criterion(), normalised(member.model(), rows)))
                        .toList(),
                RewardEnsemble.Combination.MEAN);
    }

    private static RewardModel normalised(RewardModel model, List<int[]> rows) {
        double[] scores = model.scores(rows);
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

    @Override
    public Map<String, Long> position() {
        return Map.of("step", step, "totalSteps", total());
    }

    @Override
    public ModelFiles model() {
        Transformer first = reward.first().whole();
        return files(first.config(), first.views());
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = finishedState();
        state.putAll(judge.weights(0));
        state.putAll(reward.weights(settings.lora() == null ? 1 : 0)); // the first is the model, adapters worked in
        best.addTo(state, step);
        return state;
    }

    /** The first reward model is the checkpoint's; the others lie beside it, and where there are some, which is which. */
    @Override
    public ModelFiles finishedModel() {
        RewardEnsemble models = finished(published);
        RewardEnsemble judges = finished(publishedJudge);
        RewardEnsemble.Index index =
                new RewardEnsemble.Index(reward.files(ModelWeights.FILE), judge.files(RewardModel.JUDGE_FILE));
        ModelFiles files =
                files(models.first().network().config(), models.first().views());
        files = withAdapters(files, ModelWeights.FILE, models.first());
        for (int i = 1; i < models.members().size(); i++) {
            files = with(
                    files, index.reward().get(i).file(), models.members().get(i).model());
        }
        for (int i = 0; i < judges.members().size(); i++) {
            files = with(
                    files, index.judge().get(i).file(), judges.members().get(i).model());
        }
        return index.needed() ? files.with(RewardEnsemble.INDEX, index.json()) : files;
    }

    private static ModelFiles with(ModelFiles files, String file, RewardModel model) {
        return withAdapters(files.with(file, model::write), file, model);
    }

    /** Adapters lie beside the weights into which they are worked: who has the base loads these. */
    private static ModelFiles withAdapters(ModelFiles files, String file, RewardModel model) {
        return model.adapterViews()
                .map(adapters -> files.with(RewardModel.adaptersBeside(file), adapters))
                .orElse(files);
    }

    private static RewardEnsemble finished(@Nullable RewardEnsemble models) {
        if (models == null) {
            throw new IllegalStateException("the loop has not finished");
        }
        return models;
    }

    @Override
    public SequencedMap<String, Tensor> finishedState() {
        SequencedMap<String, Tensor> state = reward.state();
        state.putAll(judge.state());
        return state;
    }

    private ModelFiles files(TransformerConfig shape, Map<String, Tensor> weights) {
        return ModelFiles.of(shape, tokenizer, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, weights);
    }

    /** Answers by which scores are normalised. */
    ReferenceAnswers reference() {
        return reference;
    }

    @Override
    public void close() {
        if (published != null) {
            published.close();
        }
        if (publishedJudge != null) {
            publishedJudge.close();
        }
        judge.close();
        reward.close();
    }
}
