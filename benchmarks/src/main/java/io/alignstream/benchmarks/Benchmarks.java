package io.alignstream.benchmarks;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.models.BaselinesBenchmark;
import io.alignstream.benchmarks.models.DepthBenchmark;
import io.alignstream.benchmarks.pipeline.BatchesBenchmark;
import io.alignstream.benchmarks.pipeline.DataBenchmark;
import io.alignstream.benchmarks.pipeline.DemoBenchmark;
import io.alignstream.benchmarks.tokenizer.TokenizerBenchmark;
import io.alignstream.benchmarks.training.PretrainBenchmark;
import io.alignstream.benchmarks.training.RlhfBenchmark;
import io.alignstream.benchmarks.training.SelectionBenchmark;
import io.alignstream.benchmarks.training.SftBenchmark;
import io.alignstream.benchmarks.training.TimeToLossBenchmark;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The list of benchmarks. */
public final class Benchmarks {

    /** A benchmark: prints its figures and, if the option {@code --json} is given, writes them there. */
    @FunctionalInterface
    interface Benchmark {

        /** Returns the exit code. */
        int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException;
    }

    private static final Map<String, Benchmark> BENCHMARKS = new TreeMap<>(Map.ofEntries(
            Map.entry("baselines", BaselinesBenchmark::run),
            Map.entry("batches", BatchesBenchmark::run),
            Map.entry("data", DataBenchmark::run),
            Map.entry("demo", DemoBenchmark::run),
            Map.entry("depth", DepthBenchmark::run),
            Map.entry("pretrain", PretrainBenchmark::run),
            Map.entry("rlhf", RlhfBenchmark::run),
            Map.entry("selection", SelectionBenchmark::run),
            Map.entry("sft", SftBenchmark::run),
            Map.entry("time-to-loss", TimeToLossBenchmark::run),
            Map.entry("tokenizer", TokenizerBenchmark::run)));

    private Benchmarks() {}

    /** Runs the benchmark that the first argument names with the options behind it. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        String name = arguments.length == 0 ? "" : arguments[0];
        Benchmark benchmark = BENCHMARKS.get(name);
        if (benchmark == null) {
            System.err.println("alignstream: there is no benchmark '" + name + "'; there are: "
                    + String.join(", ", BENCHMARKS.keySet()));
            System.exit(2);
            return;
        }
        try {
            System.exit(benchmark.run(out, BenchmarkOptions.parse(arguments)));
        } catch (IllegalArgumentException e) {
            System.err.println("alignstream: " + e.getMessage());
            System.exit(2);
        }
    }
}
