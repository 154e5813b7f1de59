package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.local.chaos.Evidence;
import io.alignstream.local.chaos.Trial;
import io.alignstream.local.chaos.TrialReport;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short one of the trials of {@code ./alignstream chaos}. */
class ChaosIT {

    private static final long SEED = 3;

    @TempDir
    static Path folder;

    private final RecordingConsole output = new RecordingConsole();

    @Test
    void nothingIsLostOrDoubledAndTheWeightsAreThoseOfAnUndisturbedPass() throws Exception {
        // Given
        Trial trial = new Trial(TestSites.installation(), TestSites.freePortBase(), output.console());
        Evidence undisturbed = trial.undisturbed(folder.resolve("undisturbed"));

        // When
        TrialReport report = trial.disturbed(folder.resolve("disturbed"), SEED, Duration.ofSeconds(30), undisturbed);

        // Then
        assertThat(undisturbed.contradictions()).isEmpty();
        assertThat(undisturbed.weights()).containsOnlyKeys("tokenizer", "pretrain", "sft", "reward", "rlhf");
        assertThat(report.faults()).isNotEmpty();
        assertThat(report.findings()).as(report + " " + output.lines()).isEmpty();
    }
}
