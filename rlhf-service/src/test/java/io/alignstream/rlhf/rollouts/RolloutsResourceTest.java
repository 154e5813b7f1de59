package io.alignstream.rlhf.rollouts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.quarkus.qute.Engine;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered about records that are damaged on the disk. */
class RolloutsResourceTest {

    @TempDir
    Path folder;

    @Test
    void aDamagedRecordIsSaidToBeOne() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = run(store);
            damage(keep(run, 1, "first"));

            // When
            Response answer = resource(store).iteration(run.id(), 1, 5, null);

            // Then
            assertThat(answer.getStatus()).isEqualTo(410);
            assertThat(((Refusal) answer.getEntity()).error().code()).isEqualTo("refusal.notReadable");
        }
    }

    @Test
    void aDamagedRecordHidesNoLaterOne() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = run(store);
            damage(keep(run, 1, "first"));
            keep(run, 2, "second");
            keep(run, 3, "third");

            // When
            Response answer = resource(store).iteration(run.id(), 3, 5, null);

            // Then
            assertThat(((RolloutHistory.Iteration) answer.getEntity()).best())
                    .extracting(RolloutHistory.Shown::answer, RolloutHistory.Shown::before)
                    .containsExactly(tuple("third", "second"));
        }
    }

    private static RolloutsResource resource(CheckpointStore store) {
        return new RolloutsResource(
                new RolloutHistory(store),
                Engine.builder().addDefaults().build().parse(""));
    }

    private static TrainingRun run(CheckpointStore store) {
        return new TrainingRuns(store, Stage.RLHF).of(Lineage.NONE, List.of(), Map.of());
    }

    private static Reference keep(TrainingRun run, long iteration, String answer) throws IOException {
        Rollouts rollouts = new Rollouts(
                Rollouts.VERSION,
                "ppo",
                iteration,
                List.of(new Rollouts.Answer(
                        "asked", answer, new int[] {1}, new int[] {2}, new float[] {-1}, new float[] {-1}, 0.5, true)));
        return run.record(iteration, rollouts::write);
    }

    private static void damage(Reference record) throws IOException {
        Files.writeString(Path.of(record.uri()).resolve(Rollouts.FILE), "{");
    }
}
