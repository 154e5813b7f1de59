package io.alignstream.benchmarks.ownmodel;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.local.Alignstream;
import io.alignstream.local.evaluation.TrainedModel;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A model of others from its file to an aligned release: imported, tuned on instructions, rewarded by a thousand noisy
 * preferences, aligned by PPO, and then judged by the rule behind the preferences on questions that nothing has asked.
 *
 * <p>Measured beside: what the model has forgotten, by its perplexity on neutral text, the time that it took, and the memory
 * that all processes together had resident at most.
 */
public final class OwnModelBenchmark {

    private static final String PORT_BASE = "18280";
    private static final String RUN = "runs/smollm2-135m.properties";
    private static final int INSTRUCTIONS = 320;
    private static final int PREFERENCES = 1_000;
    private static final int ANSWERS = 4;
    private static final int ANSWER_TOKENS = 64;

    private static final double MINUTES = 60;
    private static final double GIBIBYTES = 8;
    private static final double RULE_AFTER_PPO = 0.8;
    private static final double RULE_BEFORE = 0.5;
    private static final double PERPLEXITY_RATIO = 1.05;

    private OwnModelBenchmark() {}

    /** What a model is like. */
    private record Measured(double rule, double perplexity) {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("model", "run", "data-dir");
        Path model = options.path("model")
                .orElseThrow(
                        () -> new IllegalArgumentException("--model is missing; give the folder or the GGUF file of"
                                + " the model, for example SmolLM2-135M-Instruct as docs/your-model.md says"));
        String run = options.values().getOrDefault("run", RUN);
        Optional<Path> given = options.path("data-dir").map(Path::toAbsolutePath);
        if (given.isPresent() && Files.exists(given.get())) {
            throw new IllegalArgumentException("--data-dir is " + given.get()
                    + ", which is there already; give a new folder, or the models of earlier runs would be measured");
        }
        CountryQuestions questions = new CountryQuestions();
        Path scratch = Files.createTempDirectory("alignstream-own-model");
        Path data = given.orElse(scratch.resolve("data"));
        Figures figures = new Figures("own-model");
        try {
            questions.write(scratch, INSTRUCTIONS, PREFERENCES);
            long began = System.nanoTime();
            int exit;
            double peak;
            try (ResidentMemory memory = new ResidentMemory()) {
                exit = pipeline(model.toAbsolutePath(), run, scratch, data);
                peak = memory.peak() / (double) (1L << 30);
            }
            double minutes = (System.nanoTime() - began) / 60e9;
            out.printf(Locale.ROOT, "import to release: %.1f minutes, %.2f GiB resident at most%n", minutes, peak);
            figures.add(target("minutes", minutes, MINUTES, minutes <= MINUTES));
            figures.add(target("residentGibibytes", peak, GIBIBYTES, peak <= GIBIBYTES));
            if (exit != 0) {
                out.println("the pipeline ended with exit code " + exit);
            }
            report(out, figures, data, questions);
            figures.write(options.json());
            return exit;
        } finally {
            Folders.delete(scratch);
        }
    }

    private static int pipeline(Path model, String run, Path files, Path data) {
        int imported = Alignstream.execute(
                "import", model.toString(), "--data-dir", data.toString(), "--port-base", PORT_BASE);
        return imported != 0
                ? imported
                : Alignstream.execute(
                        "train",
                        "--headless",
                        "--run",
                        run,
                        "--instructions",
                        files.resolve("instructions.jsonl").toString(),
                        "--rankings",
                        files.resolve("preferences.jsonl").toString(),
                        "--prompts",
                        files.resolve("prompts.jsonl").toString(),
                        "--data-dir",
                        data.toString(),
                        "--port-base",
                        PORT_BASE);
    }

    private static void report(PrintStream out, Figures figures, Path data, CountryQuestions questions)
            throws IOException {
        Site site = Site.at(data, null, null, null);
        out.println("| model | follows the rule | perplexity on neutral text |");
        out.println("| --- | --- | --- |");
        try (CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            Optional<Measured> sft = measured(store, Stage.SFT, questions);
            Optional<Measured> aligned = measured(store, Stage.RLHF, questions);
            sft.ifPresent(found -> {
                row(out, "SFT", found);
                figures.add(target("ruleOfSft", found.rule(), RULE_BEFORE, found.rule() <= RULE_BEFORE));
            });
            aligned.ifPresent(found -> {
                row(out, "aligned", found);
                figures.add(target("ruleAfterPpo", found.rule(), RULE_AFTER_PPO, found.rule() >= RULE_AFTER_PPO));
            });
            if (sft.isPresent() && aligned.isPresent()) {
                double ratio = aligned.get().perplexity() / sft.get().perplexity();
                figures.add(target("perplexityRatio", ratio, PERPLEXITY_RATIO, ratio <= PERPLEXITY_RATIO));
            }
        }
    }

    private static void row(PrintStream out, String name, Measured measured) {
        out.printf(Locale.ROOT, "| %s | %.3f | %.2f |%n", name, measured.rule(), measured.perplexity());
    }

    private static Map<String, Object> target(String part, double value, double target, boolean met) {
        return Map.of("part", part, "value", value, "target", target, "met", met);
    }

    /** Of the finished model of {@code stage}. */
    private static Optional<Measured> measured(CheckpointStore store, Stage stage, CountryQuestions questions)
            throws IOException {
        for (String run : store.runs(stage)) {
            for (Map.Entry<Reference, Manifest> stored :
                    store.manifests(stage, run).entrySet()) {
                if (stored.getValue().complete()) {
                    try (TrainedModel model =
                            TrainedModel.load(store.open(stored.getKey()).folder())) {
                        return Optional.of(new Measured(rule(model, questions.unseenQuestions()), perplexity(model)));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static double rule(TrainedModel model, List<String> questions) {
        List<String> asked = questions.stream()
                .flatMap(question -> Collections.nCopies(ANSWERS, question).stream())
                .toList();
        List<String> answers = model.sampledAnswers(asked, 1, ANSWER_TOKENS, 1);
        return (double) answers.stream().filter(QuestionRule::holds).count() / answers.size();
    }

    private static double perplexity(TrainedModel model) throws IOException {
        try (InputStream text =
                Objects.requireNonNull(OwnModelBenchmark.class.getResourceAsStream("neutral.txt"), "neutral.txt")) {
            return Math.exp(model.loss(new String(text.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()));
        }
    }
}
