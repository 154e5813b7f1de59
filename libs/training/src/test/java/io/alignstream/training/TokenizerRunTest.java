package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tokenizer that is not found under its run's id would be learned again, and every model with it. */
class TokenizerRunTest {

    private static final DatasetSnapshot DOCUMENTS = documents(70);

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
    void theseInputsAreThisRun() {
        // Given
        TokenizerRun run = new TokenizerRun(store, DOCUMENTS, "a", 4_000);

        // When
        String id = run.id();

        // Then
        assertThat(id).isEqualTo("7f414b212b9e");
    }

    @Test
    void otherInputsAreAnotherRun() {
        // When
        List<String> ids = List.of(
                new TokenizerRun(store, DOCUMENTS, "a", 4_000).id(),
                new TokenizerRun(store, documents(71), "a", 4_000).id(),
                new TokenizerRun(store, DOCUMENTS, "b", 4_000).id(),
                new TokenizerRun(store, DOCUMENTS, "a", 4_001).id());

        // Then
        assertThat(ids).doesNotHaveDuplicates();
    }

    private static DatasetSnapshot documents(long end) {
        return new DatasetSnapshot("documents", List.of(new PartitionRange(0, 0, 300), new PartitionRange(1, 2, end)));
    }
}
