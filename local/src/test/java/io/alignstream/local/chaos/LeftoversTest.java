package io.alignstream.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.archive.RegistryArchive;
import io.alignstream.training.retention.Registry;
import io.alignstream.training.retention.Retention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {

    private static final CheckpointStore.Content CONTENT = folder -> {
        Files.write(folder.resolve("model"), new byte[10_000]);
        Files.write(folder.resolve(StoredState.FILE), new byte[10_000]);
    };

    /** Beside a whole one of the same key. */
    private static final String HALF_A_RECORD =
            RegistryArchive.FOLDER + "/rlhf/model-releases-1/0000000002-0123456789ab";

    @TempDir
    private Path folder;

    private CheckpointStore store;

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void whatRetentionTakesWithTimeIsNoLeftoverAndWhatItNeverTakesIsOne() throws IOException {
        // Given: a model, its run's last state and answers, a run without a result; and halves of a checkpoint and a
        // record
        Reference model = store.save(draft("run-1", 2).withComplete(true), CONTENT);
        store.save(store.claim(Stage.RLHF, "run-1"), draft("run-1", 1), CONTENT);
        store.below(TrainingRun.RECORDS).save(draft("run-1", 1), CONTENT);
        store.below(RegistryArchive.FOLDER).save(draft("model-releases-1", 1).withComplete(true), CONTENT);
        Reference state = store.save(store.claim(Stage.RLHF, "run-2"), draft("run-2", 1), CONTENT);
        for (String half : List.of("rlhf/run-1/0000000001-0123456789ab", HALF_A_RECORD)) {
            Files.writeString(Files.createDirectories(folder.resolve(half)).resolve("model"), "half");
        }

        // When
        List<String> findings = new Leftovers(
                        store,
                        folder.toUri(),
                        folder,
                        new Retention(1, 1, Duration.ofDays(1), Duration.ofDays(30), 1),
                        () -> new Registry(List.of(announced(model)), List.of()))
                .findings();

        // Then
        assertThat(findings)
                .containsExactly(
                        "the store holds " + HALF_A_RECORD + "/model, and nothing leads to it",
                        "the store holds rlhf/run-1/0000000001-0123456789ab/model, and nothing leads to it");
        assertThat(Path.of(state.uri())).doesNotExist();
        assertThat(store.open(model).folder().resolve("model")).exists();
    }

    private static Manifest draft(String run, long step) {
        return Manifest.draft(Stage.RLHF, run, step);
    }

    private static Checkpoint announced(Reference model) {
        return new Checkpoint(Stage.RLHF, "run-1", 2, model, Map.of(), List.of(), Map.of());
    }
}
