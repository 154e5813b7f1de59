package io.alignstream.benchmarks.pipeline;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.local.Alignstream;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.report.DemoReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The demonstration with one seed after the other, all reported, those that fail included: does what one seed shows hold?
 *
 * <p>The reports stay in a folder, and a seed whose report is there is not run again, so that a proof of an hour and a half
 * can be done in parts.
 */
public final class SeedsBenchmark {

    private static final String PORT_BASE = "18180";
    private static final String FIRST_AND_LAST = "21-30";
    /** Of the splits that no ranking mentions. */
    private static final List<String> UNRANKED = List.of("not-ranked", "pretrain-only", "test");

    private static final double STYLE = 0.9;
    private static final double KNOWLEDGE_LOSS = 0.02;
    /** A split of which so much less is right than before is lost. */
    private static final double COLLAPSE = 0.1;

    private SeedsBenchmark() {}

    /**
     * What a seed came to.
     *
     * @param report empty if the run did not end with a served model
     */
    record Outcome(int seed, Optional<DemoReport> report) {

        /** The least style, in wordings that nothing has seen, of cities that no ranking mentions; 0 without a report. */
        double style() {
            return splits().filter(split -> split.newWordings() && UNRANKED.contains(split.split()))
                    .mapToDouble(split -> split.styleAccuracy().getOrDefault("aligned", 0.0))
                    .min()
                    .orElse(0);
        }

        /** The most that a split has lost of the SFT model's right answers. */
        double knowledgeLoss() {
            return splits().mapToDouble(SeedsBenchmark::loss).max().orElse(0);
        }

        private Stream<Evaluation.SplitFigures> splits() {
            return report.stream().flatMap(one -> one.splits().stream());
        }
    }

    /** Runs them and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("seeds", "reports");
        Path reports = Files.createDirectories(
                options.path("reports").orElse(Path.of("reports-of-seeds")).toAbsolutePath());
        List<Outcome> outcomes = new ArrayList<>();
        for (int seed : seeds(options.values().getOrDefault("seeds", FIRST_AND_LAST))) {
            outcomes.add(outcome(seed, reports));
            print(outcomes, out);
        }
        Figures figures = new Figures("seeds");
        figures(outcomes).forEach(figures::add);
        figures.write(options.json());
        return 0;
    }

    /** The numbers of {@code 21-30}. */
    static List<Integer> seeds(String range) {
        if (!range.matches("[0-9]{1,9}-[0-9]{1,9}")) {
            throw new IllegalArgumentException("--seeds is " + range + " but must be two numbers, such as 21-30");
        }
        String[] ends = range.split("-");
        int first = Integer.parseInt(ends[0]);
        int last = Integer.parseInt(ends[1]);
        if (last < first || last - first >= 1000) {
            throw new IllegalArgumentException(
                    "--seeds is " + range + " but must be 1 to 1000 seeds, the first one first");
        }
        return IntStream.rangeClosed(first, last).boxed().toList();
    }

    private static Outcome outcome(int seed, Path reports) throws IOException {
        Path report = reports.resolve("seed-" + seed + ".json");
        Path failed = reports.resolve("seed-" + seed + ".failed");
        if (!Files.exists(report) && !Files.exists(failed)) {
            Path data = Files.createTempDirectory("alignstream-seed");
            try {
                int exit = Alignstream.execute(
                        "demo",
                        "--headless",
                        "--seed",
                        Integer.toString(seed),
                        "--data-dir",
                        data.resolve("data").toString(),
                        "--port-base",
                        PORT_BASE,
                        "--report",
                        report.toString());
                if (exit != 0) {
                    Files.writeString(failed, "exit code " + exit + "\n");
                }
            } finally {
                Folders.delete(data);
            }
        }
        return new Outcome(seed, Files.exists(report) ? Optional.of(DemoReport.read(report)) : Optional.empty());
    }

    /** A Markdown table: right answers of SFT and aligned model, and the aligned one's style, by split and wordings. */
    static void print(List<Outcome> outcomes, PrintStream out) {
        out.println();
        out.println("| seed | landmark's names of samples | "
                + columns(outcomes).stream().collect(Collectors.joining(" | ")) + " |");
        out.println("|" + " --- |".repeat(2 + columns(outcomes).size()));
        for (Outcome outcome : outcomes) {
            out.println(outcome.report()
                    .map(report -> "| " + outcome.seed() + " | " + samples(report) + " | "
                            + report.splits().stream().map(SeedsBenchmark::cell).collect(Collectors.joining(" | "))
                            + " |")
                    .orElse("| " + outcome.seed() + " | no served model |"));
        }
    }

    private static List<String> columns(List<Outcome> outcomes) {
        return outcomes.stream()
                .flatMap(outcome -> outcome.report().stream())
                .findFirst()
                .map(report -> report.splits().stream()
                        .map(split -> split.split() + (split.newWordings() ? ", new wordings" : ""))
                        .toList())
                .orElse(List.of());
    }

    private static String samples(DemoReport report) {
        return report.samples().stream()
                .filter(sample -> sample.stage().equals("aligned"))
                .map(sample -> sample.inFamily() + " of " + sample.count())
                .collect(Collectors.joining(", "));
    }

    private static String cell(Evaluation.SplitFigures split) {
        return String.format(
                Locale.ROOT,
                "%.3f → %.3f, %.3f",
                split.answerAccuracy().getOrDefault("sft", Double.NaN),
                split.answerAccuracy().getOrDefault("aligned", Double.NaN),
                split.styleAccuracy().getOrDefault("aligned", Double.NaN));
    }

    private static double loss(Evaluation.SplitFigures split) {
        return split.answerAccuracy().getOrDefault("sft", 0.0)
                - split.answerAccuracy().getOrDefault("aligned", 0.0);
    }

    /** The targets as lines: collapses, seeds with the style, the greatest loss of knowledge. */
    static List<Map<String, Object>> figures(List<Outcome> outcomes) {
        long collapses = outcomes.stream()
                .filter(outcome -> outcome.knowledgeLoss() > COLLAPSE)
                .count();
        long served = outcomes.stream()
                .filter(outcome -> outcome.report().isPresent())
                .count();
        long styled =
                outcomes.stream().filter(outcome -> outcome.style() >= STYLE).count();
        double loss =
                outcomes.stream().mapToDouble(Outcome::knowledgeLoss).max().orElse(0);
        double wanted = Math.ceil(0.9 * outcomes.size());
        return List.of(
                line("runs that end with a served model", served, outcomes.size(), served == outcomes.size()),
                line("served models that lost more than 0.1 of a split's answers", collapses, 0, collapses == 0),
                line("seeds with style 0.9 in new wordings of unranked cities", styled, wanted, styled >= wanted),
                line("greatest loss of right answers in a split", loss, KNOWLEDGE_LOSS, loss <= KNOWLEDGE_LOSS));
    }

    private static Map<String, Object> line(String part, double value, double target, boolean met) {
        return Map.of("part", part, "value", value, "target", target, "met", met);
    }
}
