package io.alignstream.benchmarks.pipeline;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.local.Alignstream;
import io.alignstream.local.report.DemoReport;
import io.alignstream.local.report.Tables;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The demonstration from an empty data folder: what each stage takes on this machine. */
public final class DemoBenchmark {

    private static final String PORT_BASE = "18080";

    private DemoBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        Path json = options.only().json().orElse(null);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try {
            Path report = json == null ? folder.resolve("report.json") : json.toAbsolutePath();
            String data = folder.resolve("data").toString();
            int exit = Alignstream.execute(
                    "demo", "--headless", "--data-dir", data, "--port-base", PORT_BASE, "--report", report.toString());
            if (exit == 0) {
                print(DemoReport.read(report), out);
            }
            return exit;
        } finally {
            Folders.delete(folder);
        }
    }

    static void print(DemoReport report, PrintStream out) {
        out.println();
        out.println("benchmark demo, seed " + report.seed());
        Tables.stages(report.stages()).forEach(out::println);
        out.printf(
                "  total %.1f s, peak %.2f GiB resident%n",
                report.totalSeconds(), report.peakResidentBytes() / (double) (1L << 30));
    }
}
