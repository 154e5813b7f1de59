package io.alignstream.benchmarks.ownmodel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.languagemodel.exchange.GgufImport;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.local.evaluation.TrainedModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a model of others answers, token by token the most probable one, here and in llama.cpp, which reads the weights from
 * our GGUF export (fp32).
 */
public final class GreedyTextBenchmark {

    private static final int TOKENS = 64;
    private static final List<String> PROMPTS = List.of(
            "What is the capital of France?",
            "Write a haiku about autumn.",
            "Explain what a list comprehension in Python is.",
            "How do plants make food?",
            "Give me three tips for sleeping better.",
            "Who wrote Hamlet?",
            "Translate 'good morning' to Spanish.",
            "What is 17 + 25?",
            "Why is the sky blue?",
            "Name five animals that live in the sea.",
            "def add(a, b):",
            "Summarise in one sentence: The cat sat on the mat because it was warm and the floor was cold.",
            "What should I cook tonight with rice, eggs and tomatoes?",
            "Is a tomato a fruit or a vegetable?",
            "Tell me a short story about a brave mouse.",
            "成都有哪些必去的景点?",
            "Qu'est-ce qu'un ordinateur ?",
            "List the months with 31 days.",
            "What does HTTP 404 mean?",
            "naïve café 😀 — what do these words have in common?");

    private GreedyTextBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("model", "python");
        Path model = options.path("model")
                .orElseThrow(() -> new IllegalArgumentException(
                        "--model is missing; give the folder or the GGUF file of the model"))
                .toAbsolutePath();
        Path scratch = Files.createTempDirectory("alignstream-greedy-text");
        try {
            Path folder = Files.createDirectory(scratch.resolve("model"));
            HuggingFaceModel imported =
                    Files.isRegularFile(model) ? GgufImport.load(model, scratch) : HuggingFaceModel.load(model);
            imported.save(folder);
            List<String> ours;
            try (TrainedModel trained = TrainedModel.load(folder)) {
                ours = PROMPTS.stream()
                        .map(prompt -> trained.mostProbableAnswers(List.of(prompt), TOKENS)
                                .getFirst())
                        .toList();
            }
            Path gguf = scratch.resolve("model.gguf");
            ExportFormat.GGUF.export(folder, gguf);
            PythonPeers python = options.path("python").isPresent()
                    ? PythonPeers.with(options.path("python").get(), "greedy_text.py")
                    : PythonPeers.install(out, "greedy_text.py", "requirements-llama.txt");
            JsonNode theirs = python.measure(
                    Map.of(),
                    gguf.toString(),
                    JsonMapper.builder().build().writeValueAsString(PROMPTS),
                    Integer.toString(TOKENS));
            report(out, options, ours, theirs);
            return 0;
        } catch (PythonPeers.UnavailableException e) {
            out.println("not compared: " + e.getMessage());
            return 1;
        } finally {
            Folders.delete(scratch);
        }
    }

    private static void report(PrintStream out, BenchmarkOptions options, List<String> ours, JsonNode theirs)
            throws IOException {
        int same = 0;
        for (int i = 0; i < PROMPTS.size(); i++) {
            // What the tokens say, without white space at the ends, which either side cuts as it likes.
            String here = ours.get(i).strip();
            String there = theirs.get(i).asText().strip();
            if (here.equals(there)) {
                same++;
            } else {
                out.printf("%s%n  here:      %s%n  llama.cpp: %s%n", PROMPTS.get(i), here, there);
            }
        }
        out.printf("%d of %d answers are the same, up to %d tokens each%n", same, PROMPTS.size(), TOKENS);
        Figures figures = new Figures("greedy-text");
        figures.add(Map.of(
                "part",
                "sameAnswers",
                "peer",
                "llama.cpp",
                "value",
                same,
                "target",
                PROMPTS.size(),
                "met",
                same == PROMPTS.size()));
        figures.write(options.json());
    }
}
