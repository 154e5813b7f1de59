package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.testing.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the stage takes for a base model. */
class SftStageTest {

    @TempDir
    private Path folder;

    @Test
    void waits_and_says_why_where_the_only_base_model_fills_blanks() throws IOException {
        // Given
        Checkpoint masked = new Checkpoint(
                Stage.PRETRAIN,
                "masked",
                1,
                new Reference(URI.create("file:/masked"), "ab".repeat(32), 1),
                Map.of(),
                List.of(),
                Map.of(),
                Checkpoint.Promotion.granted("Ann", "by mistake"),
                null,
                PretrainingObjective.MASKED);
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder);
                KeptState kept = KeptState.temporary()) {
            SftStage stage = new SftStage(Settings.of(SftConfig.class, Map.of()), store, kept);

            // When
            Decision decision = stage.decide(new Checkpoints(List.of(masked)), true);

            // Then
            assertThat(decision).isInstanceOf(Decision.Wait.class);
            assertThat(Messages.english(((Decision.Wait) decision).reason()))
                    .contains("file:/masked", "fills blanks", "alignstream.pretrain.objective=next-token");
        }
    }

    /** A view of finished models alone. */
    private record Checkpoints(List<Checkpoint> models) implements View {

        @Override
        public <T> List<T> newestByKey(Topic<T> topic) {
            return models.stream().map(topic.eventClass()::cast).toList();
        }

        @Override
        public DatasetSnapshot snapshot(Topic<?> topic) {
            throw new UnsupportedOperationException(topic.name());
        }

        @Override
        public long count(Topic<?> topic) {
            throw new UnsupportedOperationException(topic.name());
        }

        @Override
        public <T> T answer(Question<T> question) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Duration quietFor(Topic<?> topic) {
            return Duration.ofDays(1);
        }
    }
}
