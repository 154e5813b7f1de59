package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunsTest {

    private static final Lineage BASE = parent("a");
    private static final Map<String, String> SETTINGS = Map.of("epochs", "3");
    private static final List<DatasetSnapshot> DATA = data(10);

    @TempDir
    private Path folder;

    private CheckpointStore store;
    private TrainingRuns runs;

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
        runs = new TrainingRuns(store, Stage.SFT);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void theSameInputsAreTheSameRunAndOthersAnother() {
        // When
        String id = runs.of(BASE, DATA, SETTINGS).id();

        // Then
        assertThat(id)
                .matches("[0-9a-f]{12}")
                .isEqualTo(runs.of(BASE, DATA, SETTINGS).id());
        assertThat(List.of(
                        id,
                        runs.of(parent("b"), DATA, SETTINGS).id(),
                        runs.of(BASE, data(11), SETTINGS).id(),
                        runs.of(BASE, content("1"), SETTINGS).id(),
                        runs.of(BASE, content("2"), SETTINGS).id(),
                        runs.of(BASE, DATA, Map.of("epochs", "4")).id(),
                        new TrainingRuns(store, Stage.REWARD)
                                .of(BASE, DATA, SETTINGS)
                                .id()))
                .doesNotHaveDuplicates();
    }

    @Test
    void whoeverWritesPutsRoomAsideForTheFirstCollectionOfAStoreThatIsFull() throws IOException {
        // When
        runs.of(BASE, DATA, SETTINGS).claim();

        // Then
        assertThat(store.giveUpReserve()).isTrue();
    }

    @Test
    void anInterruptedRunIsOpenWithItsDatasets() throws IOException {
        // Given
        save(runs.of(BASE, DATA, SETTINGS), 0, false);

        // When
        List<StoredRun> stored = runs.stored();

        // Then
        TrainingRun found =
                runs.open(BASE, SETTINGS, stored, List.of(), Set.of()).orElseThrow();
        assertThat(found.id()).isEqualTo(runs.of(BASE, DATA, SETTINGS).id());
        assertThat(found.datasets()).isEqualTo(DATA);
        assertThat(found.newest().orElseThrow().manifest().step()).isZero();
        assertThat(runs.open(BASE, SETTINGS, stored, List.of(), Set.of(found.id())))
                .isEmpty();
        assertThat(runs.open(parent("b"), SETTINGS, stored, List.of(), Set.of()))
                .isEmpty();
        assertThat(runs.open(BASE, Map.of("epochs", "4"), stored, List.of(), Set.of()))
                .isEmpty();
    }

    @Test
    void aCompleteRunIsOpenUntilItIsPublished() throws IOException {
        // Given
        TrainingRun run = runs.of(BASE, DATA, SETTINGS);
        save(run, 0, false);
        save(run, 9, true);

        // When
        List<StoredRun> stored = runs.stored();

        // Then
        assertThat(stored).singleElement().matches(StoredRun::complete);
        assertThat(runs.open(BASE, SETTINGS, stored, List.of(), Set.of())
                        .orElseThrow()
                        .id())
                .isEqualTo(run.id());
        assertThat(runs.open(BASE, SETTINGS, stored, List.of(run.id()), Set.of()))
                .isEmpty();
    }

    @Test
    void anInterruptedRunGoesBeforeOneThatIsOnlyUnpublished() throws IOException {
        // Given
        save(runs.of(BASE, DATA, SETTINGS), 9, true);
        save(runs.of(BASE, data(11), SETTINGS), 3, false);

        // When
        List<StoredRun> stored = runs.stored();

        // Then
        assertThat(runs.open(BASE, SETTINGS, stored, List.of(), Set.of())
                        .orElseThrow()
                        .datasets())
                .isEqualTo(data(11));
    }

    @Test
    void whatWasStoredSinceTheLastLookIsSeen() throws IOException {
        // Given
        TrainingRun run = runs.of(BASE, DATA, SETTINGS);
        save(run, 3, false);
        boolean before = runs.stored().getFirst().complete();
        save(run, 9, true);

        // When
        List<StoredRun> stored = runs.stored();

        // Then
        assertThat(before).isFalse();
        assertThat(stored).singleElement().matches(StoredRun::complete);
    }

    @Test
    void aRunKeepsItsNewestUnfinishedCheckpoints() throws IOException {
        // Given
        TrainingRun run = runs.of(BASE, DATA, SETTINGS);

        // When
        for (int step = 0; step < 5; step++) {
            save(run, step, false);
        }

        // Then
        assertThat(store.manifests(Stage.SFT, run.id()).values())
                .extracting(Manifest::step)
                .containsExactly(4L, 3L);
    }

    private static void save(TrainingRun run, long step, boolean complete) throws IOException {
        run.claim();
        run.save(
                step,
                complete,
                Map.of("epoch", step),
                Map.of("loss", 1.0),
                Map.of("threads", "2"),
                Set.of(),
                folder -> Files.writeString(folder.resolve("weights"), "step " + step));
    }

    private static Lineage parent(String digit) {
        return Lineage.of(Lineage.BASE, new Reference(URI.create("file:/base"), digit.repeat(64), 1));
    }

    /** The same offsets of topics with other records. */
    private static List<DatasetSnapshot> content(String digit) {
        DatasetSnapshot snapshot = data(10).getFirst();
        return List.of(new DatasetSnapshot(snapshot.topic(), snapshot.partitions(), digit.repeat(64)));
    }

    private static List<DatasetSnapshot> data(long end) {
        return List.of(new DatasetSnapshot("instructions", List.of(new PartitionRange(0, 0, end))));
    }
}
