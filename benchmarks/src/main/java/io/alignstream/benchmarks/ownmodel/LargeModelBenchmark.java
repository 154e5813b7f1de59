package io.alignstream.benchmarks.ownmodel;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.MixedText;
import io.alignstream.benchmarks.harness.RandomModel;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.Alignstream;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A random model of half a billion parameters through every stage: imported, tuned on conversations of 512 tokens, rewarded by
 * rankings of four answers, aligned by PPO, served. Each training service is ended with signal 9 once, after a checkpoint, and
 * its memory is shown beside what it planned. What comes out is noise; how much it takes is not.
 */
public final class LargeModelBenchmark {

    private static final String PORT_BASE = "18380";
    private static final String RUN = "runs/half-billion.properties";
    private static final List<Stage> TRAINED = List.of(Stage.SFT, Stage.REWARD, Stage.RLHF);
    private static final int INSTRUCTIONS = 20;
    private static final int CONVERSATION_TOKENS = 512;
    /** What the layout of a conversation adds at most. */
    private static final int LAYOUT_TOKENS = 12;

    private static final int PROMPT_TOKENS = 24;
    private static final int RANKINGS = 16;
    private static final int RANKED_ANSWERS = 4;
    private static final int RANKED_TOKENS = 48;
    private static final int PROMPTS = 24;

    private static final double GIBIBYTE = 1L << 30;
    private static final double MOST_GIBIBYTES = 16;
    private static final double PLAN_WITHIN = 0.2;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private LargeModelBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("run", "data-dir");
        String run = options.values().getOrDefault("run", RUN);
        Path scratch = Files.createTempDirectory("alignstream-large-model");
        Path data = options.path("data-dir").map(Path::toAbsolutePath).orElse(scratch.resolve("data"));
        Figures figures = new Figures("large-model");
        try {
            Tokenizer tokenizer = RandomModel.write(RandomModel.halfBillion(), scratch.resolve("model"));
            out.printf(
                    Locale.ROOT,
                    "%,d parameters, random%n",
                    RandomModel.halfBillion().parameters());
            write(scratch, tokenizer);
            int exit = imported(scratch.resolve("model"), data);
            if (exit != 0) {
                return exit;
            }
            Folders.delete(scratch.resolve("model"));
            Site site = Site.at(data, null, null, null);
            try (StageWatch watch = new StageWatch(site, TRAINED)) {
                exit = trained(out, run, scratch, data, watch);
                report(out, figures, watch);
            }
            if (exit == 0) {
                serve(out, figures, site);
            }
            figures.write(options.json());
            return exit;
        } finally {
            Folders.delete(scratch);
        }
    }

    private static int imported(Path model, Path data) {
        return Alignstream.execute("import", model.toString(), "--data-dir", data.toString(), "--port-base", PORT_BASE);
    }

    /** Once more after each kill, as a person would. */
    private static int trained(PrintStream out, String run, Path files, Path data, StageWatch watch) {
        while (true) {
            long kills = watch.kills();
            int exit = Alignstream.execute(
                    "train",
                    "--headless",
                    "--run",
                    run,
                    "--instructions",
                    files.resolve("instructions.jsonl").toString(),
                    "--rankings",
                    files.resolve("rankings.jsonl").toString(),
                    "--prompts",
                    files.resolve("prompts.jsonl").toString(),
                    "--data-dir",
                    data.toString(),
                    "--port-base",
                    PORT_BASE);
            if (exit == 0 || watch.kills() == kills) {
                return exit;
            }
            out.println("a service was killed; once more:");
        }
    }

    private static void report(PrintStream out, Figures figures, StageWatch watch) {
        out.println(
                "| stage | planned, GiB | resident at most, GiB | plan / peak | killed behind step | went on at step |");
        out.println("| --- | --- | --- | --- | --- | --- |");
        for (Stage stage : TRAINED) {
            StageWatch.Seen seen = watch.of(stage);
            double planned = seen.planned() / GIBIBYTE;
            double peak = seen.peak() / GIBIBYTE;
            double ratio = planned / peak;
            out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f | %.2f | %d | %d |%n",
                    stage.id(),
                    planned,
                    peak,
                    ratio,
                    seen.killed(),
                    seen.resumed());
            figures.add(target(stage.id() + "Gibibytes", peak, MOST_GIBIBYTES, peak <= MOST_GIBIBYTES));
            figures.add(target(stage.id() + "PlanToPeak", ratio, 1 - PLAN_WITHIN, Math.abs(ratio - 1) <= PLAN_WITHIN));
            figures.add(target(
                    stage.id() + "Resumed",
                    seen.resumed(),
                    seen.killed(),
                    seen.killed() > 0 && seen.resumed() >= seen.killed()));
        }
    }

    /** Starts the services once more and asks what they serve. */
    private static void serve(PrintStream out, Figures figures, Site site) {
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), Console.standard());
                StageWatch watch = new StageWatch(site, List.of(Stage.INFERENCE))) {
            cluster.follow(new Registry(), Stage.INFERENCE, Console.standard());
            ChatClient client = new ChatClient(site.address(Stage.INFERENCE));
            Optional<String> model = client.model();
            String answer = model.map(name -> client.answer(name, "…")).orElse("");
            double peak = watch.of(Stage.INFERENCE).peak() / GIBIBYTE;
            out.printf(
                    Locale.ROOT,
                    "served: %s, an answer of %d characters, %.2f GiB resident at most%n",
                    model.orElse("nothing"),
                    answer.length(),
                    peak);
            figures.add(
                    target("inferenceGibibytes", peak, MOST_GIBIBYTES, !answer.isEmpty() && peak <= MOST_GIBIBYTES));
        }
    }

    private static Map<String, Object> target(String part, double value, double target, boolean met) {
        return Map.of("part", part, "value", value, "target", target, "met", met);
    }

    private static void write(Path folder, Tokenizer tokenizer) throws IOException {
        Words words = new Words(tokenizer);
        List<Map<String, Object>> instructions = new ArrayList<>();
        for (int i = 0; i < INSTRUCTIONS; i++) {
            instructions.add(Map.of(
                    "instruction",
                    words.next(PROMPT_TOKENS),
                    "output",
                    words.next(CONVERSATION_TOKENS - PROMPT_TOKENS - LAYOUT_TOKENS)));
        }
        List<Map<String, Object>> rankings = new ArrayList<>();
        for (int i = 0; i < RANKINGS; i++) {
            List<Map<String, Object>> answers = new ArrayList<>();
            for (int rank = 0; rank < RANKED_ANSWERS; rank++) {
                answers.add(Map.of("response", words.next(RANKED_TOKENS), "overall_score", RANKED_ANSWERS - rank));
            }
            rankings.add(Map.of("instruction", words.next(PROMPT_TOKENS), "completions", answers));
        }
        List<Map<String, Object>> prompts = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            prompts.add(Map.of("prompt", words.next(PROMPT_TOKENS)));
        }
        write(folder.resolve("instructions.jsonl"), instructions);
        write(folder.resolve("rankings.jsonl"), rankings);
        write(folder.resolve("prompts.jsonl"), prompts);
    }

    private static void write(Path file, List<Map<String, Object>> lines) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Map<String, Object> line : lines) {
            text.append(JSON.writeValueAsString(line)).append('\n');
        }
        Files.writeString(file, text);
    }

    /** Made-up text of a given number of tokens. */
    private static final class Words {

        private final Tokenizer tokenizer;
        private final Iterator<String> words;

        Words(Tokenizer tokenizer) {
            this.tokenizer = tokenizer;
            this.words = new MixedText(2)
                    .documents(1 << 20).stream()
                            .flatMap(document -> List.of(document.split("\\s+")).stream())
                            .iterator();
        }

        /** As many words as fit into {@code tokens}. */
        String next(int tokens) {
            StringBuilder text = new StringBuilder(words.next());
            int used = tokenizer.encode(text.toString()).length;
            while (true) {
                String word = " " + words.next();
                used += tokenizer.encode(word).length;
                if (used > tokens) {
                    return text.toString();
                }
                text.append(word);
            }
        }
    }
}
