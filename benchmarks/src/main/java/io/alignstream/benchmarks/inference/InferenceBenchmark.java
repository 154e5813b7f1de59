package io.alignstream.benchmarks.inference;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.FusedOperators;
import io.alignstream.benchmarks.harness.JavaCommand;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.RandomModel;
import io.alignstream.benchmarks.harness.WorkerProcess;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How fast texts are written, one and many at once, beside llama.cpp's server and transformers' {@code generate}: the same
 * random weights in fp32, prompts of random tokens, the most probable token each time.
 */
public final class InferenceBenchmark {

    private static final int THREADS = 2;
    private static final List<Integer> STREAMS = List.of(1, 8, 32);
    private static final List<Integer> PROMPTS = List.of(16, 256, 2_048);
    private static final int ANSWER = 128;
    /** Speculative tokens where they are measured. */
    private static final int GUESSES = 4;

    private static final String OURS = "alignstream";
    private static final String LLAMA = "llama.cpp";
    private static final String TRANSFORMERS = "transformers";

    private record Peer(String name, WorkerProcess process) {}

    /** One turn's figures, times in seconds. */
    private record Turn(double tokensPerSecond, double firstMedian, double firstLate, double gapLate) {

        static Turn of(JsonNode answer, int streams, int tokens) {
            double[] firsts = sorted(answer.path("firsts"));
            double[] gaps = sorted(answer.path("gaps"));
            return new Turn(
                    streams * tokens / answer.path("seconds").asDouble(),
                    percentile(firsts, 0.5),
                    percentile(firsts, 0.99),
                    percentile(gaps, 0.99));
        }

        private static double[] sorted(JsonNode numbers) {
            double[] values = new double[numbers.size()];
            Arrays.setAll(values, i -> numbers.get(i).asDouble());
            Arrays.sort(values);
            return values;
        }

        private static double percentile(double[] sorted, double share) {
            return sorted.length == 0
                    ? 0
                    : sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
        }
    }

    private InferenceBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("models", "streams", "prompts", "answer", "turns", "python", "formulas");
        List<String> models =
                List.of(options.values().getOrDefault("models", "demo,135m").split(","));
        List<Integer> streams = numbers(options, "streams", STREAMS);
        List<Integer> prompts = numbers(options, "prompts", PROMPTS);
        int answer = options.number("answer", ANSWER);
        int turns = options.number("turns", 3);
        Optional<PythonPeers> python = python(out, options);
        Figures figures = new Figures("inference");
        Path scratch = Files.createTempDirectory("alignstream-inference");
        try {
            for (String model : models) {
                TransformerConfig shape = shape(model, Math.max(2_048, prompts.getLast()) + answer);
                Path folder = scratch.resolve(model);
                RandomModel.write(shape, folder);
                Path gguf = scratch.resolve(model + ".gguf");
                ExportFormat.GGUF.export(folder, gguf);
                out.printf(
                        Locale.ROOT,
                        "%n%s: %,d parameters, answers of %d tokens, best of %d turns%n",
                        model,
                        shape.parameters(),
                        answer,
                        turns);
                List<Peer> peers = peers(out, options, python, scratch, folder, gguf, streams, prompts, answer);
                try {
                    double bandwidth = peers.getFirst()
                            .process
                            .ask("bandwidth")
                            .path("bytesPerSecond")
                            .asDouble();
                    out.printf(Locale.ROOT, "the processor reads %.1f GiB/s from memory%n", bandwidth / (1 << 30));
                    for (int prompt : prompts) {
                        for (int count : streams) {
                            compare(out, figures, model, shape, peers, count, prompt, answer, turns, bandwidth);
                        }
                    }
                } finally {
                    for (Peer peer : peers) {
                        peer.process.close();
                    }
                }
            }
        } finally {
            Folders.delete(scratch);
        }
        figures.write(options.json());
        return 0;
    }

    private static List<Integer> numbers(BenchmarkOptions options, String name, List<Integer> otherwise) {
        return Optional.ofNullable(options.values().get(name))
                .map(value -> Arrays.stream(value.split(","))
                        .map(Integer::parseInt)
                        .sorted()
                        .toList())
                .orElse(otherwise);
    }

    private static Optional<PythonPeers> python(PrintStream out, BenchmarkOptions options)
            throws IOException, InterruptedException {
        try {
            return Optional.of(
                    options.path("python").isPresent()
                            ? PythonPeers.with(options.path("python").get(), "inference.py")
                            : PythonPeers.install(out, "inference.py", "requirements-inference.txt"));
        } catch (PythonPeers.UnavailableException e) {
            out.println("not compared: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static TransformerConfig shape(String model, int positions) {
        return switch (model) {
            case "demo" -> TransformerConfig.of(2_048, 4, 128, positions);
            case "135m" -> RandomModel.smolLm();
            case "500m" -> RandomModel.halfBillion();
            default -> throw new IllegalArgumentException("model " + model + " is none of demo, 135m, 500m");
        };
    }

    private static List<Peer> peers(
            PrintStream out,
            BenchmarkOptions options,
            Optional<PythonPeers> python,
            Path scratch,
            Path folder,
            Path gguf,
            List<Integer> streams,
            List<Integer> prompts,
            int answer)
            throws IOException, InterruptedException {
        Map<String, String> environment = new LinkedHashMap<>();
        if (!options.values().containsKey("formulas")) {
            FusedOperators.find(out)
                    .ifPresent(library -> environment.put("ALIGNSTREAM_TORCH_OPERATORS", library.toString()));
        }
        List<Peer> peers = new ArrayList<>();
        for (WeightFormat format : WeightFormat.values()) {
            String name = format == WeightFormat.FLOAT32 ? OURS : OURS + " " + format.label();
            peers.add(start(name, ours(folder, format, 0), environment, scratch));
        }
        peers.add(start(OURS + " guessing", ours(folder, WeightFormat.FLOAT32, GUESSES), environment, scratch));
        if (python.isPresent()) {
            List<String> llama = new ArrayList<>(python.get().command());
            // so much room that all texts fit at once
            int positions = streams.getLast() * (prompts.getLast() + answer + 16);
            llama.addAll(List.of(
                    "llama", gguf.toString(), Integer.toString(positions), Integer.toString(streams.getLast())));
            peers.add(start(LLAMA, llama, Map.of(), scratch));
            List<String> transformers = new ArrayList<>(python.get().command());
            transformers.addAll(List.of(TRANSFORMERS, folder.toString()));
            peers.add(start(TRANSFORMERS, transformers, Map.of(), scratch));
        }
        return peers;
    }

    private static List<String> ours(Path folder, WeightFormat format, int speculativeTokens) {
        List<String> command = new ArrayList<>(JavaCommand.of(EngineWorker.class, THREADS));
        command.addAll(List.of(folder.toString(), format.label(), Integer.toString(speculativeTokens)));
        return command;
    }

    private static Peer start(String name, List<String> command, Map<String, String> environment, Path scratch)
            throws IOException {
        return new Peer(name, new WorkerProcess(name, command, environment, scratch.resolve(name + ".log")));
    }

    private static void compare(
            PrintStream out,
            Figures figures,
            String model,
            TransformerConfig shape,
            List<Peer> peers,
            int streams,
            int prompt,
            int answer,
            int turns,
            double bandwidth)
            throws IOException {
        Map<String, Turn> best = new LinkedHashMap<>();
        for (int turn = 0; turn < turns; turn++) {
            for (Peer peer : peers) {
                JsonNode times = peer.process.ask("write %d %d %d %d".formatted(streams, prompt, answer, turn));
                best.merge(
                        peer.name,
                        Turn.of(times, streams, answer),
                        (one, other) -> one.tokensPerSecond > other.tokensPerSecond ? one : other);
            }
        }
        out.printf("%d streams, prompts of %d tokens%n", streams, prompt);
        Turn ours = Objects.requireNonNull(best.get(OURS));
        for (Peer peer : peers) {
            Turn turn = Objects.requireNonNull(best.get(peer.name));
            double ratio = ours.tokensPerSecond / turn.tokensPerSecond;
            out.printf(
                    Locale.ROOT,
                    "  %-20s %8.0f tokens/s  first %7.1f ms p50, %7.1f p99  between %6.1f ms p99  %6.0f MiB at most"
                            + "  ours / theirs %5.2f%n",
                    peer.name,
                    turn.tokensPerSecond,
                    turn.firstMedian * 1e3,
                    turn.firstLate * 1e3,
                    turn.gapLate * 1e3,
                    peer.process.peakResidentBytes().orElse(0) / (double) (1 << 20),
                    ratio);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("part", "%s, %d streams, prompt %d".formatted(model, streams, prompt));
            line.put("peer", peer.name);
            line.put("value", turn.tokensPerSecond);
            line.put("firstMedianMillis", turn.firstMedian * 1e3);
            line.put("firstLateMillis", turn.firstLate * 1e3);
            line.put("gapLateMillis", turn.gapLate * 1e3);
            if (peer.name.equals(OURS)) {
                // each step reads all weights once
                line.put(
                        "shareOfMemoryBandwidth",
                        turn.tokensPerSecond / streams * shape.parameters() * Float.BYTES / bandwidth);
            }
            target(peer.name, streams).ifPresent(target -> {
                line.put("ratio", ratio);
                line.put("target", target);
                line.put("met", ratio >= target);
            });
            figures.add(line);
        }
    }

    /** How many times as fast as a peer we want to be. */
    private static Optional<Double> target(String peer, int streams) {
        return switch (peer) {
            case TRANSFORMERS -> Optional.of(2.0);
            case LLAMA -> Optional.of(streams == 1 ? 0.8 : 1.0);
            default -> Optional.empty();
        };
    }
}
