package io.alignstream.benchmarks.pipeline;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Clock;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.MixedText;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.textcleaning.NearDuplicates;
import io.alignstream.textcleaning.TextCleaner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Cleaning: the rules on one thread, and the topology on one and two instances of tokenizer-service.
 *
 * <p>Megabytes are of UTF-8 text. Those per core are per second of processor time, so that other programs on the machine
 * count little.
 */
public final class DataBenchmark {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int REPEATS = 5;

    private DataBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("megabytes", "documents", "text");
        Figures figures = new Figures("data");
        rules(out, figures, options);
        int documents = options.number("documents", 100_000);
        for (TopologyTrial trial : List.of(new TopologyTrial(1, 1), new TopologyTrial(2, 1), new TopologyTrial(2, 2))) {
            figures.add(trial.run(out, documents));
        }
        figures.write(options.json());
        return 0;
    }

    private static void rules(PrintStream out, Figures figures, BenchmarkOptions options) throws IOException {
        List<String> texts = options.path("text").isPresent()
                ? texts(options.path("text").orElseThrow())
                : new MixedText(1).documents(options.number("megabytes", 20) * 1_000_000L);
        long bytes = texts.stream()
                .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length)
                .sum();
        out.printf("cleaning %,d documents, %.1f MB, one thread, median of %d%n", texts.size(), bytes / 1e6, REPEATS);
        for (String profile : CleaningProfile.NAMES) {
            CleaningProfile rules = CleaningProfile.of(profile, Map.of(), Set.of("en", "zh"));
            List<Double> rates = new ArrayList<>();
            long kept = 0;
            for (int i = 0; i <= REPEATS; i++) {
                Clock clock = Clock.ofThread();
                kept = clean(texts, rules);
                if (i > 0) {
                    rates.add(bytes / 1e6 / clock.time().cpuSeconds());
                }
            }
            double rate = Figures.median(rates);
            out.printf("  %-6s %6.1f MB/s per core, %,d kept%n", profile, rate, kept);
            figures.add(Map.of("profile", profile, "megabytesPerSecondPerCore", rate, "documents", texts.size()));
        }
    }

    /** Everything that happens to a text before its keys travel: JSON in, rules, hash, MinHash, JSON out. */
    private static long clean(List<String> texts, CleaningProfile rules) throws IOException {
        TextCleaner cleaner = new TextCleaner(rules, Decontamination.NONE);
        NearDuplicates near = new NearDuplicates();
        boolean minHash = !rules.name().equals("exact");
        long kept = 0;
        long keys = 0;
        for (String text : texts) {
            Document document = JSON.readValue(
                    JSON.writeValueAsBytes(new Document("id", text, "benchmark", Map.of())), Document.class);
            if (cleaner.clean(document.text()) instanceof TextCleaner.Kept clean) {
                kept++;
                keys += Sha256.bytes(clean.text().text()).length;
                keys += minHash ? near.keys(clean.text().text()).length : 0;
                keys += JSON.writeValueAsBytes(clean.text()).length;
            }
        }
        return keys < 0 ? -1 : kept;
    }

    private static List<String> texts(Path file) throws IOException {
        try (Stream<Path> files = Files.walk(file)) {
            List<String> texts = new ArrayList<>();
            for (Path each : files.filter(Files::isRegularFile).sorted().toList()) {
                texts.add(Files.readString(each));
            }
            return texts;
        }
    }
}
