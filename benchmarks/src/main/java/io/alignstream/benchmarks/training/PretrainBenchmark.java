package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.WorkerProcess;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Training steps beside PyTorch's: the same network, data, batch and precision, each peer in a process of its own, taking
 * turns; tokens a second, memory, and the share of the machine's matrix products that they reach.
 */
public final class PretrainBenchmark {

    private static final String[] OPTIONS = {
        "text",
        "depths",
        "widths",
        "peers",
        "repeats",
        "seconds",
        "threads",
        "precision",
        "python",
        "vocabulary",
        "demo-size"
    };
    private static final int DEMO_DEPTH = 4;
    private static final int DEMO_WIDTH = 128;
    private static final int DEMO_CONTEXT = 128;
    private static final int CONTEXT = 256;

    private final PrintStream out;
    private final BenchmarkOptions options;
    private final Figures figures = new Figures("pretrain");
    private final Precision precision;
    private final TrainingPeers peers;
    private final Path folder;

    private PretrainBenchmark(PrintStream out, BenchmarkOptions options, Path folder)
            throws IOException, InterruptedException {
        this.out = out;
        this.options = options;
        this.folder = folder;
        this.precision = Precision.of(options.values().getOrDefault("precision", "auto"));
        this.peers = TrainingPeers.find(out, options, precision);
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only(OPTIONS);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            new PretrainBenchmark(out, options, folder).measure();
            return 0;
        } finally {
            Folders.delete(folder);
        }
    }

    private void measure() throws IOException {
        Path tokens = folder.resolve("tokens");
        // More rows than the text's tokenizer has tokens cost what a larger vocabulary does.
        int vocabulary = Math.max(TrainingText.encode(options.path("text"), tokens), options.number("vocabulary", 1));
        List<TrainingShape> shapes = new ArrayList<>();
        if (options.values().getOrDefault("demo-size", "yes").equals("yes")) {
            shapes.add(TrainingShape.of(vocabulary, DEMO_DEPTH, DEMO_WIDTH, DEMO_CONTEXT));
        }
        for (int width : options.numbers("widths", "256,512")) {
            for (int depth : options.numbers("depths", "4,6,8")) {
                shapes.add(TrainingShape.of(vocabulary, depth, width, CONTEXT));
            }
        }
        out.println("pretraining steps in " + precision.label() + ", " + peers.threads() + " threads, vocabulary "
                + vocabulary + "; tokens/s are medians of " + options.number("repeats", 5) + " turns");
        double ceiling = 0;
        for (TrainingShape shape : shapes) {
            ceiling = measure(shape, tokens, ceiling);
        }
        figures.write(options.json());
    }

    private double measure(TrainingShape shape, Path tokens, double ceilingSoFar) throws IOException {
        List<WorkerProcess> workers = new ArrayList<>();
        try {
            for (String peer : peers.names()) {
                workers.add(peers.start(peer, shape, tokens, folder.resolve(peer + ".log")));
            }
            List<Turns> measured = new ArrayList<>();
            for (WorkerProcess worker : workers) {
                measured.add(Turns.warm(worker, options.decimal("seconds", 1.5)));
            }
            double ceiling = ceilingSoFar;
            for (int turn = 0; turn < options.number("repeats", 5); turn++) {
                JsonNode products = workers.getFirst().ask("ceiling");
                ceiling = Math.max(ceiling, products.path(precision.label()).asDouble());
                for (Turns peer : measured) {
                    peer.take();
                }
            }
            report(shape, measured, ceiling);
            return ceiling;
        } finally {
            for (WorkerProcess worker : workers) {
                worker.close();
            }
        }
    }

    private void report(TrainingShape shape, List<Turns> measured, double ceiling) throws IOException {
        out.println(shape);
        Turns ours = measured.getFirst();
        for (Turns peer : measured) {
            WorkerProcess worker = peer.worker();
            double rate = peer.rate();
            double ratio = ours.ratio(peer);
            double used = rate * shape.flopsPerToken() / ceiling;
            long resident = worker.residentBytes().orElse(0);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("peer", worker.name());
            line.put("precision", precision.label());
            line.put("depth", shape.network().layers());
            line.put("width", shape.network().width());
            line.put("context", shape.context());
            line.put("batch", shape.batch());
            line.put("threads", peers.threads());
            line.put("parameters", shape.network().parameters());
            line.put("tokensPerSecond", rate);
            line.put("tokensPerCpuSecond", peer.cpuRate());
            line.put("ratioOursToPeer", ratio);
            line.put("residentBytes", resident);
            line.put("peakResidentBytes", worker.peakResidentBytes().orElse(0));
            line.put("ceilingFlopsPerSecond", ceiling);
            line.put("fractionOfCeiling", used);
            line.put("loss", peer.loss());
            figures.add(line);
            out.printf(
                    "  %-22s %,9.0f tokens/s  %,9.0f a CPU second  ours/it %5.2f  %,6d MiB  %4.1f %% of %,.0f GFLOP/s%n",
                    worker.name(), rate, peer.cpuRate(), ratio, resident >> 20, 100 * used, ceiling / 1e9);
        }
    }
}
