package io.alignstream.benchmarks.limits;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.evaluation.LimitsEvaluation;
import io.alignstream.local.evaluation.TrainedModel;
import io.alignstream.local.world.LimitQuestions;
import io.alignstream.local.world.Withheld;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import io.alignstream.sft.SftConfig;
import io.alignstream.sft.SftLoop;
import io.alignstream.sft.SftSettings;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.card.Limits;
import io.alignstream.training.card.Limits.AnswerShares;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What {@code alignstream.sft.unknown.share} is good for: the same base model is fine-tuned on the same instructions, some of them
 * about cities that it has read nothing of, once with all reference answers and once with "I do not know" in place of a share of
 * those where it fails. All are asked about cities that stand in the documents, about other cities that do not, and with false premises.
 */
public final class UnknownBenchmark {

    private static final String ROW = "| %d | %.2f | %d | %s |%n";
    private static final String REFUSAL = "不知道";

    private UnknownBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("seeds", "documents", "steps", "shares", "samples");
        int documents = options.number("documents", 20_000);
        int steps = options.number("steps", 600);
        List<Double> shares = options.decimals("shares", 0, 0.5);
        if (shares.stream().anyMatch(share -> share > 1)) {
            throw new IllegalArgumentException("--shares are " + shares + " but each must be 0 to 1");
        }
        int samples = options.number("samples", 4);
        Figures figures = new Figures("unknown");
        out.println(
                "| seed | share | replaced | known: right, wrong, withheld | unknown | contradicted | calibration error |");
        out.println("|" + " --- |".repeat(7));
        List<Integer> seeds = options.numbers("seeds", "1,2,3");
        StepProgress progress = new StepProgress((1 + 2 * shares.size()) * seeds.size());
        for (int seed : seeds) {
            Path scratch = Files.createTempDirectory("alignstream-bench");
            try (CheckpointStore store = CheckpointStore.open(scratch.toUri(), scratch)) {
                progress.begin("base model, seed " + seed);
                Path base = WorldBase.train(store, seed, documents, Stream.of(), steps, progress);
                for (double replaced : shares) {
                    progress.begin(String.format(Locale.ROOT, "fine-tuning, share %.2f", replaced));
                    SftSettings settings = settings(seed, replaced, samples);
                    Trainer.Result tuned = tune(store, base, settings, instructions(seed), progress);
                    progress.begin("questions");
                    Limits limits = measure(store.open(tuned.checkpoint()).folder(), seed);
                    progress.done("answered");
                    int count = (int) (double) tuned.metrics().getOrDefault("withheldInstructions", 0.0);
                    out.print(String.format(Locale.ROOT, ROW, seed, replaced, count, shown(limits)));
                    figures.add(line(seed, replaced, count, limits));
                }
            } finally {
                Folders.delete(scratch);
            }
            figures.write(options.json()); // what has been measured is kept, whatever comes
        }
        return 0;
    }

    private static SftSettings settings(int seed, double share, int samples) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(SftConfig.class)
                .withDefaultValue("alignstream.sft.seed", Integer.toString(seed))
                .withDefaultValue("alignstream.sft.unknown.share", Double.toString(share))
                .withDefaultValue("alignstream.sft.unknown.samples", Integer.toString(samples))
                .build()
                .getConfigMapping(SftConfig.class)
                .settings();
    }

    private static List<Instruction> instructions(int seed) {
        List<Instruction> all = new ArrayList<>(new WorldGenerator(World.load(), seed).instructions());
        all.addAll(LimitQuestions.instructions(Withheld.load()));
        return all;
    }

    private static Trainer.Result tune(
            CheckpointStore store, Path base, SftSettings settings, List<Instruction> instructions, Monitor monitor)
            throws IOException {
        TrainingRun run = new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), settings.hyperparameters());
        return new Trainer(run, SftLoop.Inputs.of(settings, base, instructions), settings.training(), monitor)
                .train()
                .orElseThrow();
    }

    private static Limits measure(Path folder, int seed) throws IOException {
        World world = World.load();
        try (TrainedModel model = TrainedModel.load(folder)) {
            return new LimitsEvaluation(model, Optional.empty(), List.of(REFUSAL), told -> {})
                    .of(LimitQuestions.of(world, Withheld.load()), world, List.of(), seed);
        }
    }

    private static String shown(Limits limits) {
        List<String> cells = new ArrayList<>();
        for (AnswerShares set : limits.questions()) {
            cells.add(String.format(
                    Locale.ROOT, "%.3f, %.3f, %.3f", set.rightShare(), set.wrongShare(), set.withheldShare()));
        }
        cells.add(String.format(Locale.ROOT, "%.3f", limits.calibration().expectedError()));
        return String.join(" | ", cells);
    }

    private static Map<String, Object> line(int seed, double share, int replaced, Limits limits) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("seed", seed);
        line.put("share", share);
        line.put("replaced", replaced);
        for (AnswerShares set : limits.questions()) {
            String name = set.knowledge().name().toLowerCase(Locale.ROOT);
            line.put(name + "/right", set.rightShare());
            line.put(name + "/wrong", set.wrongShare());
            line.put(name + "/withheld", set.withheldShare());
        }
        line.put("calibrationError", limits.calibration().expectedError());
        return line;
    }
}
