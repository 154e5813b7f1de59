package io.alignstream.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The list of benchmarks. */
public final class Benchmarks {

    /** A benchmark: prints its figures and, if {@code json} is given, writes them there. */
    @FunctionalInterface
    interface Benchmark {

        /** Returns the exit code. */
        int run(PrintStream out, @Nullable Path json) throws IOException;
    }

    private static final Map<String, Benchmark> BENCHMARKS = new TreeMap<>(Map.of("demo", DemoBenchmark::run));

    private Benchmarks() {}

    /** Runs the benchmark that the first argument names; a second argument is the JSON file. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        String name = arguments.length == 0 ? "" : arguments[0];
        Benchmark benchmark = BENCHMARKS.get(name);
        if (benchmark == null) {
            System.err.println("alignstream: there is no benchmark '" + name + "'; there are: "
                    + String.join(", ", BENCHMARKS.keySet()));
            System.exit(2);
            return;
        }
        System.exit(benchmark.run(out, arguments.length > 1 ? Path.of(arguments[1]) : null));
    }
}
