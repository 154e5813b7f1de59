package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.JavaCommand;
import io.alignstream.benchmarks.harness.PythonPeers;
import io.alignstream.benchmarks.harness.WorkerProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * LoRA beside full fine-tuning, and both beside transformers with PEFT: the same network, rows and batch, each way in a
 * process of its own, taking turns; tokens a second, memory, and the size of what is trained.
 */
public final class SftBenchmark {

    private static final String[] OPTIONS = {
        "text",
        "depths",
        "widths",
        "ranks",
        "context",
        "tokens",
        "repeats",
        "seconds",
        "threads",
        "python",
        "vocabulary"
    };
    private static final int CONTEXT = 256;
    private static final String FULL = "full";
    private static final String PEER = "peft-";

    private final PrintStream out;
    private final BenchmarkOptions options;
    private final int threads;
    private final Path folder;
    private final Figures figures = new Figures("sft");
    private final Optional<PythonPeers> python;

    private SftBenchmark(PrintStream out, BenchmarkOptions options, Path folder)
            throws IOException, InterruptedException {
        this.out = out;
        this.options = options;
        this.folder = folder;
        this.python = peft(out, options);
        this.threads = options.number("threads", Runtime.getRuntime().availableProcessors());
    }

    private static Optional<PythonPeers> peft(PrintStream out, BenchmarkOptions options)
            throws IOException, InterruptedException {
        Optional<PythonPeers> python = TrainingPeers.pytorch(out, options, "sft.py", "requirements-sft.txt");
        try {
            if (python.isPresent()) {
                python.get().packageFolder("peft");
            }
            return python;
        } catch (PythonPeers.UnavailableException e) {
            out.println("without PEFT, which the given Python has not: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only(OPTIONS);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            new SftBenchmark(out, options, folder).measure();
            return 0;
        } finally {
            Folders.delete(folder);
        }
    }

    private void measure() throws IOException {
        Path tokens = folder.resolve("tokens");
        // More rows than the text's tokenizer has tokens cost what a larger vocabulary does.
        int vocabulary = Math.max(TrainingText.encode(options.path("text"), tokens), options.number("vocabulary", 1));
        out.println("fine-tuning steps in fp32, " + threads + " threads, vocabulary " + vocabulary
                + "; tokens/s are medians of " + options.number("repeats", 5) + " turns");
        for (int width : options.numbers("widths", "256,512")) {
            for (int depth : options.numbers("depths", "4,8")) {
                measure(
                        TrainingShape.of(
                                vocabulary,
                                depth,
                                width,
                                options.number("context", CONTEXT),
                                options.number("tokens", TrainingShape.TOKENS)),
                        tokens);
            }
        }
        figures.write(options.json());
    }

    private void measure(TrainingShape shape, Path tokens) throws IOException {
        List<WorkerProcess> workers = new ArrayList<>();
        try {
            Map<String, List<String>> ways = new LinkedHashMap<>(Map.of(FULL, List.of()));
            for (int rank : options.numbers("ranks", "16")) {
                ways.put("lora-" + rank, List.of("--rank", Integer.toString(rank)));
            }
            for (Map.Entry<String, List<String>> way : ways.entrySet()) {
                List<String> ours = JavaCommand.of(AlignstreamTuner.class, threads);
                workers.add(start(way.getKey(), ours, way.getValue(), shape, tokens));
            }
            if (python.isPresent()) {
                for (Map.Entry<String, List<String>> way : ways.entrySet()) {
                    List<String> theirs = new ArrayList<>(python.get().command());
                    theirs.addAll(List.of("--threads", Integer.toString(threads)));
                    workers.add(start(PEER + way.getKey(), theirs, way.getValue(), shape, tokens));
                }
            }
            List<Turns> measured = new ArrayList<>();
            for (WorkerProcess worker : workers) {
                measured.add(Turns.warm(worker, options.decimal("seconds", 1.5)));
            }
            for (int turn = 0; turn < options.number("repeats", 5); turn++) {
                for (Turns way : measured) {
                    way.take();
                }
            }
            report(shape, measured);
        } finally {
            for (WorkerProcess worker : workers) {
                worker.close();
            }
        }
    }

    private WorkerProcess start(String name, List<String> program, List<String> more, TrainingShape shape, Path tokens)
            throws IOException {
        List<String> command = new ArrayList<>(program);
        command.addAll(shape.options());
        command.addAll(List.of("--tokens", tokens.toString()));
        command.addAll(more);
        return new WorkerProcess(name, command, Map.of(), folder.resolve(name + ".log"));
    }

    private void report(TrainingShape shape, List<Turns> measured) throws IOException {
        out.println(shape);
        Turns full = measured.getFirst();
        Map<String, Turns> ours = new HashMap<>();
        for (Turns way : measured) {
            WorkerProcess worker = way.worker();
            ours.put(worker.name(), way);
            Optional<Turns> peerOf = Optional.of(worker.name())
                    .filter(name -> name.startsWith(PEER))
                    .map(name -> ours.get(name.substring(PEER.length())));
            long resident = worker.residentBytes().orElse(0);
            long peak = worker.peakResidentBytes().orElse(0);
            JsonNode sizes = worker.ask("sizes");
            long trained = sizes.path("trainedParameters").asLong();
            long optimiser = sizes.path("optimiserBytes").asLong();
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("way", worker.name());
            line.put("depth", shape.network().layers());
            line.put("width", shape.network().width());
            line.put("context", shape.context());
            line.put("batch", shape.batch());
            line.put("threads", threads);
            line.put("parameters", shape.network().parameters());
            line.put("trainedParameters", trained);
            line.put("tokensPerSecond", way.rate());
            line.put("tokensPerCpuSecond", way.cpuRate());
            if (peerOf.isPresent()) {
                line.put("ratioOursToPeer", peerOf.get().ratio(way));
            } else {
                line.put("ratioToFull", way.ratio(full));
            }
            line.put("residentBytes", resident);
            line.put("peakResidentBytes", peak);
            line.put("optimiserBytes", optimiser);
            line.put("loss", way.loss());
            figures.add(line);
            out.printf(
                    "  %-13s %,8.0f tokens/s  %,8.0f a CPU second  %s %5.2f  %,6d MiB, at most %,6d  "
                            + "%,12d parameters trained, optimiser %,6.1f MiB%n",
                    worker.name(),
                    way.rate(),
                    way.cpuRate(),
                    peerOf.isPresent() ? "ours/it" : "it/full",
                    peerOf.isPresent() ? peerOf.get().ratio(way) : way.ratio(full),
                    resident >> 20,
                    peak >> 20,
                    trained,
                    optimiser / (double) (1 << 20));
        }
    }
}
