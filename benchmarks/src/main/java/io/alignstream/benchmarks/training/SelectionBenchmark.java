package io.alignstream.benchmarks.training;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import io.alignstream.reward.RankingUncertainty;
import io.alignstream.reward.RewardConfig;
import io.alignstream.reward.RewardLoop;
import io.alignstream.reward.RewardSettings;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.dataset.SetAside;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Whether active selection is worth it: reward models that learn from the same number of the sample world's rankings. All
 * begin with the same random ones; the others are chosen at random, or as reward-service chooses them. Measured: the share
 * of held-out pairs judged right, by the reward model alone, for several seeds of choice and head.
 */
public final class SelectionBenchmark {

    private static final String[] OPTIONS = {"seeds", "first", "more", "candidates", "steps"};
    private static final int DOCUMENTS = 6_000;
    private static final int VOCABULARY = 1_200;
    private static final int LAYERS = 2;
    private static final int WIDTH = 96;
    private static final int POSITIONS = 64;
    private static final int ROWS = 32;
    private static final double RATE = 3e-3;
    private static final double HELD_OUT = 0.2;

    private final PrintStream out;
    private final BenchmarkOptions options;
    private final Tokenizer tokenizer;
    private final Transformer base;
    private final List<RankedAnswers> pool;
    private final List<RankedAnswers> heldOut;

    private SelectionBenchmark(PrintStream out, BenchmarkOptions options) {
        this.out = out;
        this.options = options;
        WorldGenerator world = new WorldGenerator(World.load(), 1);
        List<String> documents = world.documents(DOCUMENTS).map(Document::text).toList();
        this.tokenizer = new BpeTrainer(VOCABULARY).train(documents.stream());
        this.base = pretrained(documents, options.number("steps", 600));
        List<RankedAnswers> ranked = RankedAnswers.of(
                tokenizer, world.rankingRequests(), world.rankings(), POSITIONS, new SetAside(Stage.REWARD, 1));
        this.pool = ranked.stream().filter(each -> !each.heldOut(HELD_OUT)).toList();
        this.heldOut = ranked.stream().filter(each -> each.heldOut(HELD_OUT)).toList();
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only(OPTIONS);
        new SelectionBenchmark(out, options).measure();
        return 0;
    }

    private Transformer pretrained(List<String> documents, int steps) {
        int[] ids = documents.stream()
                .flatMapToInt(text -> Arrays.stream(tokenizer.encode(text)))
                .toArray();
        Transformer model =
                Transformer.initialise(TransformerConfig.of(tokenizer.vocabularySize(), LAYERS, WIDTH, POSITIONS), 1);
        NextTokenObjective objective = new NextTokenObjective(model, Precision.FLOAT32);
        SplittableRandom random = new SplittableRandom(1);
        double loss = Double.NaN;
        try (Learner learner = new Learner(model, new AdamW(model, AdamW.Settings.PRETRAINING, Precision.FLOAT32))) {
            for (int step = 0; step < steps; step++) {
                List<int[]> rows = new ArrayList<>();
                for (int row = 0; row < ROWS; row++) {
                    int from = random.nextInt(ids.length - POSITIONS);
                    rows.add(Arrays.copyOfRange(ids, from, from + POSITIONS));
                }
                double share = (step + 1.0) / steps;
                double rate = RATE * Math.min(1, Math.min(share * 20, 1 - share + 0.02));
                loss = learner.step(objective, Sequences.packed(rows, -1), rate).loss();
            }
        }
        out.printf("base model: %d layers of width %d, %d steps, loss %.2f nats%n", LAYERS, WIDTH, steps, loss);
        return model;
    }

    private void measure() throws IOException {
        int first = options.number("first", 200);
        int more = options.number("more", 200);
        int candidates = options.number("candidates", 4);
        out.printf(
                "%d requests to choose from, %d held out; %d at random, then %d of %d candidates%n",
                pool.size(), heldOut.size(), first, more, candidates * more);
        Figures figures = new Figures("selection");
        Map<String, List<Double>> gains = new TreeMap<>();
        for (int seed = 1; seed <= options.number("seeds", 5); seed++) {
            List<RankedAnswers> shuffled = shuffled(seed);
            List<RankedAnswers> known = shuffled.subList(0, first);
            List<RankedAnswers> open = shuffled.subList(first, Math.min(shuffled.size(), first + candidates * more));
            Map<String, Double> accuracy = new LinkedHashMap<>();
            List<RankedAnswers> least;
            try (Trained models = train(known, seed)) {
                accuracy.put("first", models.accuracy());
                least = models.leastCertain(open, more);
            }
            accuracy.put("random", accuracy(known, open.subList(0, more), seed));
            accuracy.put("active", accuracy(known, least, seed));
            gains.computeIfAbsent("active - random", any -> new ArrayList<>())
                    .add(accuracy.get("active") - accuracy.get("random"));
            out.printf("seed %d: %s%n", seed, accuracy);
            Map<String, Object> line = new LinkedHashMap<>(accuracy);
            line.put("seed", seed);
            figures.add(line);
        }
        gains.forEach((name, values) -> out.printf(
                "%s: mean %+.4f, median %+.4f of %d seeds%n",
                name,
                values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN),
                Figures.median(values),
                values.size()));
        figures.write(options.json());
    }

    private List<RankedAnswers> shuffled(int seed) {
        return Arrays.stream(SeededRandom.permutation(pool.size(), SeededRandom.of(seed, "selection", 0)))
                .mapToObj(pool::get)
                .toList();
    }

    private double accuracy(List<RankedAnswers> known, List<RankedAnswers> chosen, int seed) throws IOException {
        List<RankedAnswers> all = new ArrayList<>(known);
        all.addAll(chosen);
        try (Trained models = train(all, seed)) {
            return models.accuracy();
        }
    }

    private Trained train(List<RankedAnswers> requests, int seed) throws IOException {
        RewardSettings settings = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(RewardConfig.class)
                .withDefaultValue("alignstream.reward.training.held-out-share", "0")
                .withDefaultValue("alignstream.reward.seed", Integer.toString(seed))
                .build()
                .getConfigMapping(RewardConfig.class)
                .settings();
        RewardLoop.Inputs inputs = new RewardLoop.Inputs(settings, base, tokenizer, requests);
        try (RewardLoop loop = inputs.begin(Recovery.NONE)) {
            while (!loop.finished()) {
                loop.step();
            }
            loop.finish(new TreeMap<>(), Optional.empty());
            return trained(loop.finishedModel());
        }
    }

    /** By way of files, as the service gets them. */
    private Trained trained(ModelFiles files) throws IOException {
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            files.config().save(folder, files.ends(), tokenizer.pad());
            Safetensors.write(folder.resolve(ModelWeights.FILE), files.weights(), Map.of());
            Objects.requireNonNull(files.others().get(RewardModel.JUDGE_FILE))
                    .write(folder.resolve(RewardModel.JUDGE_FILE));
            return new Trained(RewardModel.load(folder), RankingUncertainty.load(folder));
        } finally {
            Folders.delete(folder);
        }
    }

    /** What one run has made. */
    private final class Trained implements AutoCloseable {

        private final RewardModel reward;
        private final RankingUncertainty uncertainty;

        Trained(RewardModel reward, RankingUncertainty uncertainty) {
            this.reward = reward;
            this.uncertainty = uncertainty;
        }

        /** Of all pairs of held-out rankings that are not tied. */
        double accuracy() {
            double right = 0;
            int pairs = 0;
            for (RankedAnswers request : heldOut) {
                double[] scores = reward.scores(rows(request));
                for (PreferencePair pair : request.pairs()) {
                    if (!pair.tied()) {
                        double difference = scores[pair.better()] - scores[pair.worse()];
                        right += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
                        pairs++;
                    }
                }
            }
            return right / pairs;
        }

        List<RankedAnswers> leastCertain(List<RankedAnswers> open, int count) {
            Map<RankedAnswers, Double> bits = new IdentityHashMap<>();
            open.forEach(request -> bits.put(request, uncertainty.of(rows(request))));
            return open.stream()
                    .sorted(Comparator.comparingDouble((RankedAnswers request) -> bits.get(request))
                            .reversed())
                    .limit(count)
                    .toList();
        }

        @Override
        public void close() {
            reward.close();
            uncertainty.close();
        }
    }

    private static List<int[]> rows(RankedAnswers request) {
        return request.answers().stream().map(Conversation::ids).toList();
    }
}
