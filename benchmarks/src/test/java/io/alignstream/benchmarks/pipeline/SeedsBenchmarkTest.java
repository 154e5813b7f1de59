package io.alignstream.benchmarks.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.report.DemoReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SeedsBenchmarkTest {

    private static final SeedsBenchmark.Outcome GOOD = outcome(21, 1.0, 0.95);
    private static final SeedsBenchmark.Outcome COLLAPSED = outcome(22, 0.5, 0.4);
    private static final SeedsBenchmark.Outcome FAILED = new SeedsBenchmark.Outcome(23, Optional.empty());

    @Test
    void a_collapse_and_a_run_without_a_model_miss_the_targets() {
        // When
        List<Map<String, Object>> lines = SeedsBenchmark.figures(List.of(GOOD, COLLAPSED, FAILED));

        // Then
        assertThat(lines).extracting(line -> line.get("value")).containsExactly(2.0, 1.0, 1.0, 0.5);
        assertThat(lines).extracting(line -> line.get("met")).containsExactly(false, false, false, false);
    }

    @Test
    void what_holds_meets_them() {
        // When
        List<Map<String, Object>> lines = SeedsBenchmark.figures(List.of(GOOD));

        // Then
        assertThat(lines).extracting(line -> line.get("met")).containsOnly(true);
    }

    @Test
    void the_table_names_every_seed() {
        // Given
        ByteArrayOutputStream text = new ByteArrayOutputStream();

        // When
        SeedsBenchmark.print(List.of(GOOD, FAILED), new PrintStream(text, true, StandardCharsets.UTF_8));

        // Then
        assertThat(text.toString(StandardCharsets.UTF_8))
                .contains("| 21 | 199 of 200 | 1.000 → 1.000, 0.950 |", "| 23 | no served model |");
    }

    @Test
    void seeds_are_a_range() {
        assertThat(SeedsBenchmark.seeds("21-23")).containsExactly(21, 22, 23);
        assertThatThrownBy(() -> SeedsBenchmark.seeds("30-21")).hasMessageContaining("30-21");
        assertThatThrownBy(() -> SeedsBenchmark.seeds("many")).hasMessageContaining("two numbers");
    }

    private static SeedsBenchmark.Outcome outcome(int seed, double right, double style) {
        Evaluation.SplitFigures split = new Evaluation.SplitFigures(
                "test", true, 10, Map.of("sft", 1.0, "aligned", right), Map.of("aligned", style));
        Evaluation.Samples samples = new Evaluation.Samples("aligned", "?", 1, 200, 199, new LinkedHashMap<>());
        return new SeedsBenchmark.Outcome(
                seed,
                Optional.of(new DemoReport(
                        seed,
                        1,
                        1,
                        1,
                        List.of(),
                        List.of(),
                        List.of(samples),
                        List.of(split),
                        new DemoReport.Annotation(List.of(), 1, 1, 1, null, null),
                        new DemoReport.Served("m", "0".repeat(64), "p", "a"))));
    }
}
