package io.alignstream.benchmarks.training;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.site.Site;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import io.alignstream.rlhf.RlhfConfig;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.training.RlhfInputs;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.dataset.PromptSplit;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.dataset.SetAside;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * PPO, GRPO, RLOO and DPO from the same SFT model, reward model and rankings, with several seeds each: what the gate measures of
 * each, and what it takes.
 *
 * <p>The models are those of a demonstration that has run before. The sampling algorithms have the demo's iterations, DPO
 * passes over the recorded rankings as often as its default says.
 */
public final class AlgorithmsBenchmark {

    private static final Map<String, Map<String, String>> ALGORITHMS = algorithms();
    private static final List<String> SHOWN = List.of(
            "winRate",
            "heldOut/scores",
            "heldOut/judgeScores",
            "heldOut/accuracy",
            "heldOut/foreign",
            "heldOut/kl",
            "heldOut/endRate");

    private AlgorithmsBenchmark() {}

    private static Map<String, Map<String, String>> algorithms() {
        Map<String, Map<String, String>> algorithms = new LinkedHashMap<>();
        algorithms.put("ppo", Map.of("alignstream.rlhf.algorithm", "ppo"));
        algorithms.put("grpo", Map.of("alignstream.rlhf.algorithm", "grpo"));
        algorithms.put(
                "rloo",
                Map.of("alignstream.rlhf.algorithm", "grpo", "alignstream.rlhf.grpo.advantage", "leave-one-out"));
        algorithms.put("dpo", Map.of("alignstream.rlhf.algorithm", "dpo"));
        return algorithms;
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("data-dir", "seeds");
        Path data = options.path("data-dir").orElse(Path.of(".alignstream/data"));
        if (!Files.isRegularFile(data.resolve("site.json"))) {
            throw new IllegalArgumentException(
                    "--data-dir is " + data + " but no demonstration has run there; run ./alignstream demo first");
        }
        Site site = Site.at(data, null, null, null);
        Figures figures = new Figures("algorithms");
        out.println("| algorithm | seed | gate | seconds | " + String.join(" | ", SHOWN) + " |");
        out.println("|" + " --- |".repeat(4 + SHOWN.size()));
        Path scratch = Files.createTempDirectory("alignstream-bench");
        try (CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache());
                CheckpointStore results = CheckpointStore.open(scratch.toUri(), scratch)) {
            StoredCheckpoint reward = finished(store);
            for (String algorithm : ALGORITHMS.keySet()) {
                for (int seed = 1; seed <= options.number("seeds", 5); seed++) {
                    RlhfSettings settings = settings(algorithm, seed);
                    long began = System.nanoTime();
                    Map<String, Double> measured = train(site, store, reward, settings, results);
                    double seconds = (System.nanoTime() - began) / 1e9;
                    String verdict =
                            Gate.decide(settings.gate(), measured).verdict().id();
                    out.println(row(algorithm, seed, verdict, seconds, measured));
                    Map<String, Object> line = new LinkedHashMap<>(measured);
                    line.put("part", algorithm);
                    line.put("seed", seed);
                    line.put("verdict", verdict);
                    line.put("seconds", seconds);
                    figures.add(line);
                }
            }
        } finally {
            Folders.delete(scratch);
        }
        figures.write(options.json());
        return 0;
    }

    private static String row(
            String algorithm, int seed, String verdict, double seconds, Map<String, Double> measured) {
        StringBuilder row = new StringBuilder(
                String.format(Locale.ROOT, "| %s | %d | %s | %.0f |", algorithm, seed, verdict, seconds));
        SHOWN.forEach(
                figure -> row.append(String.format(Locale.ROOT, " %.3f |", measured.getOrDefault(figure, Double.NaN))));
        return row.toString();
    }

    private static RlhfSettings settings(String algorithm, int seed) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(RlhfConfig.class)
                .withDefaultValue("alignstream.rlhf.seed", Integer.toString(seed));
        Objects.requireNonNull(ALGORITHMS.get(algorithm)).forEach(builder::withDefaultValue);
        return builder.build().getConfigMapping(RlhfConfig.class).settings();
    }

    /** The newest finished reward model of the demonstration. */
    private static StoredCheckpoint finished(CheckpointStore store) throws IOException {
        for (String run : store.runs(Stage.REWARD)) {
            for (Map.Entry<Reference, Manifest> stored :
                    store.manifests(Stage.REWARD, run).entrySet()) {
                if (stored.getValue().complete()) {
                    return store.open(stored.getKey());
                }
            }
        }
        throw new IllegalArgumentException("the demonstration has no reward model; run ./alignstream demo to its end");
    }

    private static Map<String, Double> train(
            Site site, CheckpointStore store, StoredCheckpoint reward, RlhfSettings settings, CheckpointStore results)
            throws IOException {
        TrainingRun run = new TrainingRuns(results, Stage.RLHF).of(Lineage.NONE, List.of(), settings.hyperparameters());
        Reference parent = reward.manifest().parents().get(Lineage.SFT);
        if (parent == null) {
            throw new IllegalArgumentException("the reward model names no SFT model");
        }
        try (RlhfInputs inputs = inputs(site, store.open(parent).folder(), reward, settings)) {
            return new Trainer(run, inputs, settings.training(), Monitor.SILENT)
                    .train()
                    .orElseThrow()
                    .metrics();
        }
    }

    private static RlhfInputs inputs(Site site, Path sftFolder, StoredCheckpoint reward, RlhfSettings settings)
            throws IOException {
        Path rewardFolder = reward.folder();
        Map<String, String> trained = reward.manifest().hyperparameters();
        WorldGenerator world = new WorldGenerator(World.load(), site.seed());
        Tokenizer tokenizer = Tokenizer.load(sftFolder);
        Transformer sft = Transformer.load(sftFolder);
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(
                RewardModel.load(rewardFolder), RewardModel.load(rewardFolder, RewardModel.JUDGE_FILE));
        PromptSplit prompts = PromptSplit.of(world.prompts(), settings.holdout().share());
        OwnWriting own = OwnWriting.of(
                sft,
                tokenizer,
                settings.retention().own(),
                settings.sampling().maxAnswerTokens(),
                settings.seed(),
                GatePrompts.of(world.prompts()),
                written -> {});
        double judged = RankedAnswers.judgeBelow(
                Double.parseDouble(Objects.requireNonNull(trained.get("heldOut"))),
                Double.parseDouble(Objects.requireNonNull(trained.get("judgeShare"))));
        return new RlhfInputs(
                settings,
                sft,
                judges,
                tokenizer,
                prompts.training().stream()
                        .map(Prompt::messages)
                        .map(messages -> ChatTemplate.prompt(tokenizer, messages))
                        .toList(),
                RankedAnswers.of(
                                tokenizer,
                                world.rankingRequests(),
                                world.rankings(),
                                sft.config().maxPositions(),
                                new SetAside(Stage.RLHF, 1))
                        .stream()
                        .filter(request -> !request.heldOut(judged))
                        .toList(),
                own,
                tokenizer.endOfTurn(),
                comparison(prompts.validation(), own.validation(), settings, tokenizer, sft, judges),
                comparison(prompts.heldOut(), own.heldOut(), settings, tokenizer, sft, judges));
    }

    private static HeldOutComparison comparison(
            List<Prompt> prompts,
            OwnWriting own,
            RlhfSettings settings,
            Tokenizer tokenizer,
            Transformer sft,
            HeldOutComparison.Judges judges) {
        AnswerSampler sampler = new AnswerSampler(
                settings.sampling().temperature(), settings.sampling().maxAnswerTokens(), tokenizer.endOfTurn());
        List<HeldOutPrompt> asked = prompts.stream()
                .limit(settings.holdout().prompts())
                .map(prompt -> HeldOutPrompt.of(tokenizer, prompt))
                .toList();
        return new HeldOutComparison(settings.seed(), sft, judges, sampler, asked, own);
    }
}
