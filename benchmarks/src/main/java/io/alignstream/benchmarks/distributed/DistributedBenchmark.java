package io.alignstream.benchmarks.distributed;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.training.TrainingShape;
import io.alignstream.benchmarks.training.TrainingText;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Several workers with one thread each, beside PyTorch's DistributedDataParallel over Gloo: the same network, batch and
 * precision, in turns.
 *
 * <p>The batch stays the same however many workers share it, as a run's does; so a worker's part gets smaller, and what does not
 * (the update, the exchange) weighs more. Parts: {@code speed}, {@code exchange} (the sum in the tree's order beside
 * all_reduce), {@code shards} (what cutting a batch costs one worker), {@code simulation}.
 */
public final class DistributedBenchmark {

    private static final String[] OPTIONS = {
        "text",
        "depths",
        "widths",
        "sequences",
        "workers",
        "shards",
        "parts",
        "peers",
        "repeats",
        "seconds",
        "precision",
        "python",
        "namespaces",
        "inner-steps"
    };
    private static final List<String> PARTS = List.of("speed", "exchange", "shards", "simulation");
    private static final int CONTEXT = 256;

    /** Sequences a step for each block of the network, as pretraining's dial has it. */
    private static final int SEQUENCES_A_BLOCK = 4;

    /** Shards whose cost one worker shows. */
    private static final List<Integer> SHARDS = List.of(4, 8);

    private static final List<Integer> MEGABYTES = List.of(40, 76);
    private static final int SUMS = 3;

    private static final double TARGET_RATIO = 1;
    private static final double TARGET_EFFICIENCY = 0.9;
    private static final double TARGET_SHARDS_COST = 0.03;

    private final PrintStream out;
    private final BenchmarkOptions options;
    private final Figures figures = new Figures("distributed");
    private final Path folder;
    private final List<String> parts;
    private final List<Integer> workers;
    private final int most;
    private final int shards;
    private final Precision precision;
    private final DistributedPeers peers;
    private boolean met = true;

    private DistributedBenchmark(PrintStream out, BenchmarkOptions options, Path folder)
            throws IOException, InterruptedException {
        this.out = out;
        this.options = options;
        this.folder = folder;
        parts = List.of(
                options.values().getOrDefault("parts", String.join(",", PARTS)).split(","));
        if (!PARTS.containsAll(parts)) {
            throw new IllegalArgumentException(
                    "--parts is " + String.join(",", parts) + " but must be some of " + String.join(",", PARTS));
        }
        workers = options.numbers("workers", "1,2,4");
        if (workers.stream().anyMatch(count -> Integer.bitCount(count) != 1)) {
            throw new IllegalArgumentException("--workers is " + workers + " but must be powers of two");
        }
        most = workers.stream().mapToInt(Integer::intValue).max().orElseThrow();
        shards = options.number("shards", most);
        if (Integer.bitCount(shards) != 1 || shards < most) {
            throw new IllegalArgumentException(
                    "--shards is " + shards + " but must be a power of two, and one for each worker at least");
        }
        precision = Precision.of(options.values().getOrDefault("precision", "auto"));
        peers = DistributedPeers.find(out, options, precision);
    }

    /** Runs it and returns the exit code: 1 where a target is missed that this machine has the cores for. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only(OPTIONS);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            return new DistributedBenchmark(out, options, folder).measure() ? 0 : 1;
        } finally {
            Folders.delete(folder);
        }
    }

    private boolean measure() throws IOException, InterruptedException {
        Path tokens = folder.resolve("tokens");
        int vocabulary = TrainingText.encode(options.path("text"), tokens);
        try (Places places = options.values().containsKey("namespaces")
                ? Namespaces.open(Math.max(2, most), options.number("namespaces", 1))
                : Places.LOOPBACK) {
            out.println("workers with one thread each" + (peers.pinned() ? ", pinned" : ", not pinned: no taskset")
                    + ", " + peers.cores() + " cores, " + precision.label() + ", " + places + ", vocabulary "
                    + vocabulary + "; medians of " + repeats() + " turns");
            for (int width : options.numbers("widths", "512")) {
                for (int depth : options.numbers("depths", "6")) {
                    int sequences = options.number("sequences", SEQUENCES_A_BLOCK * depth);
                    if (sequences % shards != 0) {
                        throw new IllegalArgumentException(
                                sequences + " sequences a step cannot be cut into " + shards + " equal shards");
                    }
                    measure(
                            new TrainingShape(
                                    TransformerConfig.of(vocabulary, depth, width, CONTEXT), CONTEXT, sequences),
                            tokens,
                            places);
                }
            }
        }
        figures.write(options.json());
        return met;
    }

    private void measure(TrainingShape shape, Path tokens, Places places) throws IOException {
        out.println(shape);
        try (AlignstreamTeam team = peers.alignstream(shape, tokens, places, Math.max(2, most), shards, folder)) {
            Optional<Predictions> predictions = parts.contains("shards") || parts.contains("simulation")
                    ? Optional.of(alone(shape, team, places))
                    : Optional.empty();
            if (parts.contains("speed") || parts.contains("exchange")) {
                beside(shape, tokens, places, team, predictions);
            }
            if (parts.contains("simulation")) {
                predictions.orElseThrow().tables(options.number("inner-steps", 30));
            }
        }
    }

    private void beside(
            TrainingShape shape, Path tokens, Places places, AlignstreamTeam team, Optional<Predictions> predictions)
            throws IOException {
        List<PytorchTeam> others = peers.pytorch(shape, tokens, places, most, folder);
        try {
            groups(shape, team, others, predictions);
        } finally {
            for (PytorchTeam other : others) {
                other.close();
            }
        }
    }

    /** Each number of workers beside one worker that trains plainly, so that both have the same machine. */
    private void groups(
            TrainingShape shape, AlignstreamTeam team, List<PytorchTeam> others, Optional<Predictions> predictions)
            throws IOException {
        boolean first = true;
        for (int count :
                workers.stream().filter(n -> n > 1 || workers.size() == 1).toList()) {
            List<Team> all = new ArrayList<>(List.of(team));
            all.addAll(others);
            for (Team each : all) {
                if (count > 1) {
                    each.join(count);
                }
            }
            if (parts.contains("speed")) {
                List<Contender> alone = all.stream()
                        .map(each -> new Contender(each.name(), 1, 1, each::alone))
                        .toList();
                List<Contender> together = count == 1
                        ? List.of()
                        : all.stream()
                                .map(each -> new Contender(
                                        each.name(),
                                        count,
                                        each == team ? shards : 1,
                                        steps -> each.steps(count, steps)))
                                .toList();
                rounds(alone, together);
                if (first && workers.contains(1)) {
                    report(shape, alone, alone);
                }
                if (count > 1) {
                    report(shape, together, alone);
                    predictions.ifPresent(of -> of.check(together.getFirst(), alone.getFirst()));
                }
                first = false;
            }
            if (parts.contains("exchange") && count > 1) {
                exchange(count, team, others, predictions);
            }
            for (Team each : all) {
                if (count > 1) {
                    each.leave(count);
                }
            }
        }
    }

    /** Turns side by side. */
    private void rounds(List<Contender> some, List<Contender> more) throws IOException {
        List<Contender> all = new ArrayList<>(some);
        all.addAll(more);
        for (Contender each : all) {
            each.warm(options.decimal("seconds", 1.5));
        }
        for (int turn = 0; turn < repeats(); turn++) {
            for (Contender each : all) {
                each.take();
            }
        }
    }

    private void report(TrainingShape shape, List<Contender> runs, List<Contender> alone) {
        Contender ours = runs.getFirst();
        for (int i = 0; i < runs.size(); i++) {
            Contender run = runs.get(i);
            double efficiency = run.ratio(alone.get(i)) / run.workers();
            double ratio = ours.ratio(run);
            Map<String, Object> line = line("speed", shape);
            line.put("peer", run.peer());
            line.put("workers", run.workers());
            line.put("shards", run.shards());
            line.put("tokensPerSecond", run.rate());
            line.put("tokensPerCpuSecond", run.cpuRate());
            line.put("stepSeconds", run.seconds());
            line.put("efficiency", efficiency);
            line.put("cpuEfficiency", run.cpuRatio(alone.get(i)));
            line.put("ratioOursToPeer", ratio);
            figures.add(line);
            out.printf(
                    "  %d × %-12s %,9.0f tokens/s  %,9.0f a CPU second  ours/it %5.2f  efficiency %.3f, by processor time %.3f%n",
                    run.workers(),
                    run.peer(),
                    run.rate(),
                    run.cpuRate(),
                    ratio,
                    efficiency,
                    run.cpuRatio(alone.get(i)));
            if (i > 0) {
                target(
                        "tokens/s of " + run.workers() + " beside " + run.peer(),
                        ratio,
                        TARGET_RATIO,
                        ratio >= TARGET_RATIO,
                        shared(run.workers()));
            } else if (run.workers() == 2) {
                target(
                        "efficiency of 2",
                        efficiency,
                        TARGET_EFFICIENCY,
                        efficiency >= TARGET_EFFICIENCY,
                        options.values().containsKey("namespaces")
                                ? Optional.of("links are as slow as they were asked for")
                                : shared(run.workers()));
            }
        }
    }

    private void exchange(int count, AlignstreamTeam team, List<PytorchTeam> others, Optional<Predictions> predictions)
            throws IOException {
        for (int megabytes : MEGABYTES) {
            long bytes = megabytes * 1_000_000L;
            team.sum(count, bytes, 1);
            List<Double> ours = new ArrayList<>();
            List<Double> theirs = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            Optional<PytorchTeam> other = others.stream().findFirst();
            if (other.isPresent()) {
                other.get().sum(count, bytes, 1);
            }
            for (int turn = 0; turn < repeats(); turn++) {
                ours.add(team.sum(count, bytes, SUMS));
                if (other.isPresent()) {
                    theirs.add(other.get().sum(count, bytes, SUMS));
                    ratios.add(ours.getLast() / theirs.getLast());
                }
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("part", "exchange");
            line.put("workers", count);
            line.put("bytes", bytes);
            line.put("treeSumSeconds", Figures.median(ours));
            out.printf("  sum of %d MB over %d: tree %.0f ms", megabytes, count, 1e3 * Figures.median(ours));
            if (!ratios.isEmpty()) {
                line.put("allReduceSeconds", Figures.median(theirs));
                line.put("ratio", Figures.median(ratios));
                out.printf(", all_reduce %.0f ms, %.2f times it", 1e3 * Figures.median(theirs), Figures.median(ratios));
            }
            if (predictions.isPresent()) {
                double predicted = predictions.get().sum(count, bytes);
                line.put("predictedSeconds", predicted);
                out.printf(", predicted %.0f ms", 1e3 * predicted);
            }
            out.println();
            figures.add(line);
        }
    }

    /** One worker alone: the batch whole, a part of it, and cut into shards. */
    private Predictions alone(TrainingShape shape, AlignstreamTeam team, Places places) throws IOException {
        int partRows = Math.max(1, shape.batch() / 4);
        Contender whole = new Contender(team.name(), 1, 1, team::alone);
        Contender part = new Contender(team.name(), 1, 1, steps -> team.alone(1, partRows, steps));
        List<Contender> cut = SHARDS.stream()
                .filter(count -> count <= shape.batch())
                .map(count -> new Contender(team.name(), 1, count, steps -> team.alone(count, shape.batch(), steps)))
                .toList();
        if (cut.isEmpty()) {
            throw new IllegalArgumentException("a step of " + shape.batch() + " sequences cannot be cut into 4");
        }
        rounds(List.of(whole, part), cut);
        if (parts.contains("shards")) {
            for (Contender each : cut) {
                double cost = whole.ratio(each) - 1;
                Map<String, Object> line = line("shards", shape);
                line.put("shards", each.shards());
                line.put("plainTokensPerSecond", whole.rate());
                line.put("tokensPerSecond", each.rate());
                line.put("cost", cost);
                line.put("cpuCost", whole.cpuRatio(each) - 1);
                figures.add(line);
                out.printf(
                        "  1 worker with %d shards: %,.0f tokens/s beside %,.0f plainly: %+.1f %% time, %+.1f %% processor time%n",
                        each.shards(), each.rate(), whole.rate(), 100 * cost, 100 * (whole.cpuRatio(each) - 1));
                target(
                        "cost of " + each.shards() + " shards",
                        cost,
                        TARGET_SHARDS_COST,
                        cost <= TARGET_SHARDS_COST,
                        Optional.empty());
            }
        }
        return new Predictions(
                out,
                figures,
                shape,
                whole,
                part,
                partRows,
                cut.getLast(),
                team.addSeconds(),
                team.link(),
                places,
                peers.cores());
    }

    private Map<String, Object> line(String part, TrainingShape shape) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", part);
        line.put("precision", precision.label());
        line.put("depth", shape.network().layers());
        line.put("width", shape.network().width());
        line.put("context", shape.context());
        line.put("sequences", shape.batch());
        line.put("parameters", shape.network().parameters());
        return line;
    }

    /** Why so many workers are not as fast here as they could be. */
    private Optional<String> shared(int count) {
        return count <= peers.cores()
                ? Optional.empty()
                : Optional.of(count + " workers share " + peers.cores() + " cores");
    }

    /** Where there is an excuse, a target is shown and not judged. */
    private void target(String what, double measured, double target, boolean reached, Optional<String> excuse) {
        met &= reached || excuse.isPresent();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", "target");
        line.put("what", what);
        line.put("measured", measured);
        line.put("target", target);
        line.put("judged", excuse.isEmpty());
        line.put("met", reached);
        figures.add(line);
        out.printf(
                "    %s: %.3f, target %.2f: %s%n",
                what,
                measured,
                target,
                excuse.map(reason -> "not judged, " + reason).orElse(reached ? "met" : "missed"));
    }

    private int repeats() {
        return options.number("repeats", 3);
    }
}
