package io.alignstream.stageruntime.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunHistoryTest {

    @TempDir
    Path folder;

    @Test
    void runsAndTheirCurvesOutliveTheProcess() {
        // Given
        JobProgress progress = progress(RunHistory.in(folder));
        progress.begin(
                "a/1",
                Reason.of("job").with("data", Reason.of("more").with("rows", 7)),
                Reason.of("cause.inputs"),
                Optional.empty());
        progress.report("train", 1, 9, Map.of("loss", 2.5));
        progress.report("train", 2, 9, Map.of("loss", 1.5));
        progress.end(RunRecord.Outcome.FINISHED);

        // When
        JobProgress later = progress(RunHistory.in(folder));

        // Then
        assertThat(later.runs()).singleElement().satisfies(run -> {
            assertThat(run.outcome()).isEqualTo(RunRecord.Outcome.FINISHED);
            assertThat(run.title().arguments())
                    .containsEntry("data", Reason.of("more").with("rows", 7));
            assertThat(run.step()).isEqualTo(2);
            assertThat(run.curves()).isEmpty();
        });
        RunRecord.Curve curve = later.run("a/1").orElseThrow().curves().getFirst();
        assertThat(curve.metric()).isEqualTo("loss");
        assertThat(curve.points()).containsExactly(new double[] {1, 2.5}, new double[] {2, 1.5});
    }

    @Test
    void aRunThatGoesOnElsewhereGoesOnInItsCharts() {
        // Given
        JobProgress before = progress(RunHistory.in(folder));
        before.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        before.report("train", 1, 9, Map.of("loss", 3.0));
        before.report("train", 2, 9, Map.of("loss", 2.0));
        before.end(RunRecord.Outcome.STOPPED);
        Instant begun = before.run("a").orElseThrow().begun();
        JobProgress after = progress(RunHistory.in(folder));

        // When: the checkpoint was of step 1
        after.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        after.report("train", 2, 9, Map.of("loss", 1.9));

        // Then
        RunRecord run = after.run("a").orElseThrow();
        assertThat(run.outcome()).isNull();
        assertThat(run.begun()).isEqualTo(begun);
        assertThat(run.curves().getFirst().points()).containsExactly(new double[] {1, 3.0}, new double[] {2, 1.9});
    }

    @Test
    void whatChangedLastIsKeptAndWhatIsOldGoes() throws IOException {
        // Given
        RunHistory history = RunHistory.in(folder);

        // When
        for (int i = 0; i < RunHistory.RUNS + 5; i++) {
            history.keep(record("r" + i, Instant.ofEpochSecond(i)));
        }

        // Then
        assertThat(history.newest())
                .hasSize(RunHistory.RUNS)
                .extracting(RunRecord::run)
                .startsWith("r24", "r23")
                .endsWith("r5");
        assertThat(history.find("r4")).isEmpty();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(RunHistory.RUNS);
        }
    }

    @Test
    void aDamagedFileIsLeftOut() throws IOException {
        // Given
        RunHistory.in(folder).keep(record("a", Instant.EPOCH));
        Files.writeString(folder.resolve("half.json.gz"), "half");

        // When
        RunHistory history = RunHistory.in(folder);

        // Then
        assertThat(history.newest()).extracting(RunRecord::run).containsExactly("a");
    }

    @Test
    void of_the_last_day_all_runs_are_known_but_only_the_newest_are_shown() {
        // Given
        RunHistory history = RunHistory.in(folder);
        Instant now = Instant.now();
        history.keep(record("old", now.minus(Duration.ofDays(2))));
        for (int run = 0; run < RunHistory.RUNS + 5; run++) {
            history.keep(record("r" + run, now.minus(Duration.ofHours(1)).plusSeconds(run)));
        }

        // When
        RunHistory restarted = RunHistory.in(folder);

        // Then
        assertThat(restarted.newest())
                .hasSize(RunHistory.RUNS)
                .first()
                .extracting(RunRecord::run)
                .isEqualTo("r24");
        assertThat(restarted.recent())
                .hasSize(RunHistory.RUNS + 5)
                .extracting(RunRecord::run)
                .doesNotContain("old");
    }

    private static RunRecord record(String run, Instant changed) {
        return new RunRecord(
                run,
                Reason.of("job"),
                null,
                Instant.EPOCH,
                changed,
                null,
                "train",
                1,
                2,
                Map.of(),
                List.of(),
                List.of(),
                null);
    }

    private static JobProgress progress(RunHistory history) {
        return new JobProgress(Stage.SFT, Meters.of(new SimpleMeterRegistry(), "sft"), event -> {}, history);
    }
}
