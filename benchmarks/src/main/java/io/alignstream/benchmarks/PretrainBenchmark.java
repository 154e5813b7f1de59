package io.alignstream.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.languagemodel.transformer.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Training steps beside PyTorch's: the same network, data, batch and precision, each peer in a process of its own, taking
 * turns; tokens a second, memory, and the share of the machine's matrix products that they reach.
 */
final class PretrainBenchmark {

    private static final String[] OPTIONS = {
        "text", "depths", "widths", "peers", "repeats", "seconds", "threads", "precision", "python", "demo-size"
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

    static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
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
        int vocabulary = TrainingText.encode(options.path("text"), tokens);
        List<TrainingShape> shapes = new ArrayList<>();
        if (options.values().getOrDefault("demo-size", "yes").equals("yes")) {
            shapes.add(TrainingShape.of(vocabulary, DEMO_DEPTH, DEMO_WIDTH, DEMO_CONTEXT));
        }
        for (int width : numbers("widths", "256,512")) {
            for (int depth : numbers("depths", "4,6,8")) {
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
        List<TrainingWorker> workers = new ArrayList<>();
        try {
            for (String peer : peers.names()) {
                workers.add(peers.start(peer, shape, tokens, folder.resolve(peer + ".log")));
            }
            List<Measured> measured = new ArrayList<>();
            for (TrainingWorker worker : workers) {
                measured.add(warm(worker));
            }
            double ceiling = ceilingSoFar;
            for (int turn = 0; turn < options.number("repeats", 5); turn++) {
                JsonNode products = workers.getFirst().ask("ceiling");
                ceiling = Math.max(ceiling, products.path(precision.label()).asDouble());
                for (Measured peer : measured) {
                    peer.turn();
                }
            }
            report(shape, measured, ceiling);
            return ceiling;
        } finally {
            for (TrainingWorker worker : workers) {
                worker.close();
            }
        }
    }

    /** Compiles and fills caches, then finds how many steps fill a turn. */
    private Measured warm(TrainingWorker worker) throws IOException {
        JsonNode first = worker.ask("steps 2");
        JsonNode second = worker.ask("steps 2");
        double step = Math.min(
                        first.path("seconds").asDouble(), second.path("seconds").asDouble())
                / 2;
        double turn = Double.parseDouble(options.values().getOrDefault("seconds", "1.5"));
        return new Measured(worker, (int) Math.max(1, Math.min(100, Math.round(turn / step))));
    }

    private void report(TrainingShape shape, List<Measured> measured, double ceiling) throws IOException {
        out.println(shape);
        Measured ours = measured.getFirst();
        for (Measured peer : measured) {
            TrainingWorker worker = peer.worker;
            double rate = Figures.median(peer.rates);
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < peer.rates.size(); i++) {
                ratios.add(ours.rates.get(i) / peer.rates.get(i));
            }
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
            line.put("tokensPerCpuSecond", Figures.median(peer.cpuRates));
            line.put("ratioOursToPeer", Figures.median(ratios));
            line.put("residentBytes", resident);
            line.put("peakResidentBytes", worker.peakResidentBytes().orElse(0));
            line.put("ceilingFlopsPerSecond", ceiling);
            line.put("fractionOfCeiling", used);
            line.put("loss", peer.loss);
            figures.add(line);
            out.printf(
                    "  %-22s %,9.0f tokens/s  %,9.0f a CPU second  ours/it %5.2f  %,6d MiB  %4.1f %% of %,.0f GFLOP/s%n",
                    worker.name(),
                    rate,
                    Figures.median(peer.cpuRates),
                    Figures.median(ratios),
                    resident >> 20,
                    100 * used,
                    ceiling / 1e9);
        }
    }

    private List<Integer> numbers(String name, String otherwise) {
        String value = options.values().getOrDefault(name, otherwise);
        if (!value.matches("[1-9][0-9]{0,4}(,[1-9][0-9]{0,4})*")) {
            throw new IllegalArgumentException("--" + name + " is " + value
                    + " but must be numbers with commas between them, such as " + otherwise);
        }
        return Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
    }

    /** What came of a peer's turns. */
    private static final class Measured {

        private final TrainingWorker worker;
        private final int steps;
        private final List<Double> rates = new ArrayList<>();
        private final List<Double> cpuRates = new ArrayList<>();
        private double loss;

        Measured(TrainingWorker worker, int steps) {
            this.worker = worker;
            this.steps = steps;
        }

        void turn() throws IOException {
            JsonNode answer = worker.ask("steps " + steps);
            double tokens = answer.path("tokens").asDouble();
            rates.add(tokens / answer.path("seconds").asDouble());
            cpuRates.add(tokens / answer.path("cpuSeconds").asDouble());
            loss = answer.path("loss").asDouble();
        }
    }
}
