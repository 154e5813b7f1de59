package io.alignstream.benchmarks;

import io.alignstream.benchmarks.distributed.DistributedBenchmark;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.inference.InferenceBenchmark;
import io.alignstream.benchmarks.limits.CanaryBenchmark;
import io.alignstream.benchmarks.limits.UnknownBenchmark;
import io.alignstream.benchmarks.models.BaselinesBenchmark;
import io.alignstream.benchmarks.models.DepthBenchmark;
import io.alignstream.benchmarks.models.LocalSgdBenchmark;
import io.alignstream.benchmarks.models.PronounsBenchmark;
import io.alignstream.benchmarks.ownmodel.GreedyTextBenchmark;
import io.alignstream.benchmarks.ownmodel.LargeModelBenchmark;
import io.alignstream.benchmarks.ownmodel.OwnModelBenchmark;
import io.alignstream.benchmarks.pipeline.BatchesBenchmark;
import io.alignstream.benchmarks.pipeline.DataBenchmark;
import io.alignstream.benchmarks.pipeline.DemoBenchmark;
import io.alignstream.benchmarks.pipeline.OverloadBenchmark;
import io.alignstream.benchmarks.pipeline.ReactionBenchmark;
import io.alignstream.benchmarks.pipeline.RetrievalBenchmark;
import io.alignstream.benchmarks.pipeline.SeedsBenchmark;
import io.alignstream.benchmarks.pipeline.StartupBenchmark;
import io.alignstream.benchmarks.tokenizer.TokenizerBenchmark;
import io.alignstream.benchmarks.training.AlgorithmsBenchmark;
import io.alignstream.benchmarks.training.PretrainBenchmark;
import io.alignstream.benchmarks.training.RlhfBenchmark;
import io.alignstream.benchmarks.training.SelectionBenchmark;
import io.alignstream.benchmarks.training.SftBenchmark;
import io.alignstream.benchmarks.training.TimeToLossBenchmark;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.Set;
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
            Map.entry("algorithms", (Benchmark) AlgorithmsBenchmark::run),
            Map.entry("baselines", (Benchmark) BaselinesBenchmark::run),
            Map.entry("batches", (Benchmark) BatchesBenchmark::run),
            Map.entry("canary", (Benchmark) CanaryBenchmark::run),
            Map.entry("data", (Benchmark) DataBenchmark::run),
            Map.entry("demo", (Benchmark) DemoBenchmark::run),
            Map.entry("depth", (Benchmark) DepthBenchmark::run),
            Map.entry("distributed", (Benchmark) DistributedBenchmark::run),
            Map.entry("greedy-text", (Benchmark) GreedyTextBenchmark::run),
            Map.entry("inference", (Benchmark) InferenceBenchmark::run),
            Map.entry("large-model", (Benchmark) LargeModelBenchmark::run),
            Map.entry("local-sgd", (Benchmark) LocalSgdBenchmark::run),
            Map.entry("overload", (Benchmark) OverloadBenchmark::run),
            Map.entry("own-model", (Benchmark) OwnModelBenchmark::run),
            Map.entry("pretrain", (Benchmark) PretrainBenchmark::run),
            Map.entry("pronouns", (Benchmark) PronounsBenchmark::run),
            Map.entry("reaction", (Benchmark) ReactionBenchmark::run),
            Map.entry("retrieval", (Benchmark) RetrievalBenchmark::run),
            Map.entry("rlhf", (Benchmark) RlhfBenchmark::run),
            Map.entry("seeds", (Benchmark) SeedsBenchmark::run),
            Map.entry("selection", (Benchmark) SelectionBenchmark::run),
            Map.entry("sft", (Benchmark) SftBenchmark::run),
            Map.entry("startup", (Benchmark) StartupBenchmark::run),
            Map.entry("time-to-loss", (Benchmark) TimeToLossBenchmark::run),
            Map.entry("unknown", (Benchmark) UnknownBenchmark::run),
            Map.entry("tokenizer", (Benchmark) TokenizerBenchmark::run)));

    private Benchmarks() {}

    /** What there is. */
    static Set<String> names() {
        return Set.copyOf(BENCHMARKS.keySet());
    }

    /** Runs the benchmark that the first argument names with the options behind it. */
    public static void main(String[] arguments) throws InterruptedException {
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
        } catch (NoSuchFileException e) {
            System.err.println("alignstream: there is no file " + e.getFile());
            System.exit(2);
        } catch (IOException e) {
            System.err.println("alignstream: benchmark " + name + " has failed: " + e.getMessage());
            System.exit(1);
        }
    }
}
