package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.FusedOperators;
import io.alignstream.benchmarks.harness.JavaCommand;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.WorkerProcess;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Wall time from a text to a validation loss, beside nanoGPT's setting for CPUs run with PyTorch: the first 90 % of a text
 * are learned, the last 10 % measured. The peers take turns; evaluation is not counted, a tokenizer's training is.
 */
public final class TimeToLossBenchmark {

    /** nanoGPT's published 1.88 nats a character, in bits. */
    private static final double TARGET = 2.71;

    private static final int NANOGPT_STEPS = 2_000;
    private static final int TURNS = 8;
    private static final String OURS = "alignstream";
    private static final String PEER = "nanogpt-eager";

    private TimeToLossBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only(
                "text", "threads", "python", "precision", "steps", "context", "batch", "vocabulary", "rate", "peers");
        Path text = options.path("text")
                .orElseThrow(() -> new IllegalArgumentException("--text FILE is missing: a text to learn"));
        Path folder = Files.createTempDirectory("alignstream-bench");
        List<WorkerProcess> workers = new ArrayList<>();
        try {
            workers.addAll(start(out, options, text, folder));
            Figures figures = new Figures("time-to-loss");
            measure(out, options, workers, figures);
            figures.write(options.json());
            return 0;
        } finally {
            for (WorkerProcess worker : workers) {
                worker.close();
            }
            Folders.delete(folder);
        }
    }

    private static List<WorkerProcess> start(PrintStream out, BenchmarkOptions options, Path text, Path folder)
            throws IOException, InterruptedException {
        String whole = Files.readString(text);
        int split = (int) (whole.length() * 0.9);
        Path train = Files.writeString(folder.resolve("train.txt"), whole.substring(0, split), StandardCharsets.UTF_8);
        Path held = Files.writeString(folder.resolve("validation.txt"), whole.substring(split), StandardCharsets.UTF_8);
        int threads = options.number("threads", Runtime.getRuntime().availableProcessors());
        List<String> texts = List.of("--train", train.toString(), "--validation", held.toString());
        Optional<PythonPeers> python =
                options.values().getOrDefault("peers", PEER).equals("none")
                        ? Optional.empty()
                        : TrainingPeers.pytorch(out, options, "nanogpt.py");
        List<WorkerProcess> workers = new ArrayList<>();
        List<String> ours = new ArrayList<>(JavaCommand.of(TextLearner.class, threads));
        ours.addAll(texts);
        for (String name : List.of("precision", "steps", "context", "batch", "vocabulary", "rate")) {
            if (options.values().containsKey(name)) {
                ours.addAll(List.of("--" + name, options.values().get(name)));
            }
        }
        Map<String, String> operators = FusedOperators.find(out)
                .map(library -> Map.of(FusedOperators.VARIABLE, library.toString()))
                .orElse(Map.of());
        workers.add(new WorkerProcess(OURS, ours, operators, folder.resolve("ours.log")));
        if (python.isPresent()) {
            List<String> peer = new ArrayList<>(python.get().command());
            peer.addAll(texts);
            peer.addAll(List.of("--threads", Integer.toString(threads)));
            workers.add(new WorkerProcess(PEER, peer, Map.of(), folder.resolve("peer.log")));
        }
        return workers;
    }

    private static void measure(PrintStream out, BenchmarkOptions options, List<WorkerProcess> workers, Figures figures)
            throws IOException {
        Precision precision = Precision.of(options.values().getOrDefault("precision", "auto"));
        out.println("bits per byte of the last 10 % of the text after seconds of training; ours in " + precision.label()
                + ", target " + TARGET);
        Map<String, Double> seconds = new LinkedHashMap<>();
        Map<String, Double> reached = new LinkedHashMap<>();
        Map<String, Double> cpu = new LinkedHashMap<>();
        for (int turn = 1; turn <= TURNS; turn++) {
            for (WorkerProcess worker : workers) {
                int steps = worker.name().equals(OURS) ? options.number("steps", 600) : NANOGPT_STEPS;
                JsonNode taken = worker.ask("steps " + steps / TURNS);
                JsonNode loss = worker.ask("loss");
                // characters are bytes but for the rare ones: the peer's loss is a character's
                double bits = loss.has("bitsPerByte")
                        ? loss.path("bitsPerByte").asDouble()
                        : loss.path("nats").asDouble() / Math.log(2);
                double total =
                        seconds.merge(worker.name(), taken.path("seconds").asDouble(), Double::sum);
                double work = cpu.merge(worker.name(), taken.path("cpuSeconds").asDouble(), Double::sum);
                if (bits <= TARGET) {
                    reached.putIfAbsent(worker.name(), total);
                }
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("peer", worker.name());
                line.put("steps", turn * (steps / TURNS));
                line.put("seconds", total);
                line.put("cpuSeconds", work);
                line.put("bitsPerByte", bits);
                line.put("secondsToTarget", reached.get(worker.name()));
                figures.add(line);
                out.printf(
                        "  %-14s step %,6d  %7.1f s  %7.1f CPU s  %.3f bits per byte%n",
                        worker.name(), turn * (steps / TURNS), total, work, bits);
            }
        }
        reached.forEach((name, time) -> out.printf("  %s reached %.2f after %.1f s%n", name, TARGET, time));
    }
}
