package io.alignstream.local;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.alignstream.contracts.Stage;
import io.alignstream.local.chaos.Evidence;
import io.alignstream.local.chaos.Fault;
import io.alignstream.local.chaos.Plan;
import io.alignstream.local.chaos.TrainingReport;
import io.alignstream.local.chaos.Trial;
import io.alignstream.local.chaos.TrialReport;
import io.alignstream.local.service.CollectiveLibrary;
import io.alignstream.training.StoredState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Short ones of the trials of {@code ./alignstream chaos}. */
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

    @Test
    void workersThatAreKilledWhileTheyTrainComeToTheModelOfOne() throws Exception {
        // Given
        assumeTrue(
                CollectiveLibrary.of(TestSites.installation()).isPresent(), "the library of collectives was not built");
        // many small steps, so that kills meet them, and a seed that kills the leader and others
        Plan kills = new Plan(true, Set.of(Fault.KILL), Duration.ofSeconds(3), 4);
        List<String> longer =
                List.of("-Dalignstream.pretrain.steps=600", "-Dalignstream.pretrain.checkpoint-every=100");
        Trial trial = new Trial(
                TestSites.installation(),
                TestSites.freePortBase(),
                output.console(),
                Map.of(Stage.PRETRAIN, 2),
                longer,
                kills);
        Evidence undisturbed = trial.undisturbed(folder.resolve("one-worker"));

        // When
        TrialReport report = trial.disturbed(folder.resolve("workers"), SEED, Duration.ofSeconds(30), undisturbed);

        // Then
        assertThat(undisturbed.weights()).containsOnlyKeys("tokenizer", "pretrain");
        assertThat(undisturbed.beside()).containsKeys("pretrain/ledger.txt", "pretrain/" + StoredState.FILE);
        assertThat(report.faults()).as("%s", output.lines()).containsOnlyKeys(Fault.KILL);
        assertThat(report.findings()).as(report + " " + output.lines()).isEmpty();
        assertThat(report.losses()).isGreaterThan(300);
        assertThat(report.training())
                .as("they have trained together, and met again")
                .isNotNull()
                .extracting(TrainingReport::regroupings, as(InstanceOfAssertFactories.LONG))
                .isPositive();
    }
}
