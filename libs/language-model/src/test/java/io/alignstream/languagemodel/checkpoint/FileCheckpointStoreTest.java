package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileCheckpointStoreTest {

    private static final Manifest DRAFT = Manifest.draft(Stage.SFT, "run-1", 5).withMetrics(Map.of("loss", 0.5));
    private static final CheckpointStore.Content CONTENT = folder -> {
        Files.writeString(folder.resolve("config.json"), "{\"depth\": 4}");
        Safetensors.write(folder.resolve("model.safetensors"), Map.of("w", Tensor.of(new float[] {1, 2}, 2)), Map.of());
    };

    @TempDir
    Path temporary;

    @Test
    void handsOutWhatWasSaved() throws IOException {
        // Given
        CheckpointStore store = open();
        // When
        Reference reference = store.save(DRAFT, CONTENT);
        StoredCheckpoint stored = store.open(reference);
        // Then
        assertThat(reference.uri().toString())
                .isEqualTo(root().toUri() + "sft/run-1/0000000005-" + reference.shortSha256());
        assertThat(stored.reference()).isEqualTo(reference);
        assertThat(stored.manifest().files()).containsOnlyKeys("config.json", "model.safetensors");
        assertThat(stored.manifest().metrics()).isEqualTo(DRAFT.metrics());
        assertThat(Safetensors.read(stored.folder().resolve("model.safetensors")))
                .containsOnlyKeys("w");
        assertThat(reference.size()).isEqualTo(sizeOfFiles(stored.folder()));
        assertThat(store.runs(Stage.SFT)).containsExactly("run-1");
        assertThat(store.list(Stage.SFT, "run-1")).containsExactly(stored);
        assertThat(store.newest(Stage.SFT, "run-1")).contains(stored);
        assertThat(store.manifests(Stage.SFT, "run-1")).containsExactly(Map.entry(reference, stored.manifest()));
        assertNoScratch();
    }

    @Test
    void nothingIsThereAtFirst() throws IOException {
        // Given
        CheckpointStore store = open();
        // When
        Optional<StoredCheckpoint> newest = store.newest(Stage.RLHF, "run-1");
        // Then
        assertThat(newest).isEmpty();
        assertThat(store.runs(Stage.RLHF)).isEmpty();
    }

    @Test
    void sameContentHasTheSameAddressInEveryStore() throws IOException {
        // Given
        CheckpointStore one = FileCheckpointStore.open(temporary.resolve("one"));
        CheckpointStore two = FileCheckpointStore.open(temporary.resolve("two"));
        // When
        Reference first = one.save(DRAFT, CONTENT);
        Reference second = two.save(DRAFT, CONTENT);
        // Then
        assertThat(second.sha256()).isEqualTo(first.sha256());
        assertThat(one.open(second).reference()).isEqualTo(first);
    }

    @Test
    void savingAgainChangesNothing() throws IOException {
        // Given
        CheckpointStore store = open();
        Reference first = store.save(DRAFT, CONTENT);
        Object inode = Files.readAttributes(store.open(first).folder(), "unix:ino");
        // When
        Reference second = store.save(DRAFT, CONTENT);
        // Then
        assertThat(second).isEqualTo(first);
        assertThat(Files.readAttributes(store.open(first).folder(), "unix:ino")).isEqualTo(inode);
        assertNoScratch();
    }

    @Test
    void savingAgainReplacesADamagedCopyAndKeepsItForInspection() throws IOException {
        // Given
        CheckpointStore store = open();
        Reference first = store.save(DRAFT, CONTENT);
        Files.writeString(store.open(first).folder().resolve("config.json"), "{\"depth\": 5}");
        // When
        Reference second = store.save(DRAFT, CONTENT);
        // Then
        assertThat(store.open(second).reference()).isEqualTo(first);
        assertThat(root().resolve(".damaged")).isDirectoryContaining("glob:**run-1~*");
    }

    @Test
    void twinsThatSaveTheSameAgree() throws Exception {
        // Given
        int twins = 8;
        CyclicBarrier start = new CyclicBarrier(twins);
        List<Future<Reference>> results;
        try (ExecutorService threads = Executors.newFixedThreadPool(twins)) {
            // When
            results = IntStream.range(0, twins)
                    .mapToObj(twin -> threads.submit(() -> {
                        CheckpointStore store = open();
                        start.await();
                        return store.save(DRAFT, CONTENT);
                    }))
                    .toList();
        }
        // Then
        HashSet<Reference> references = new HashSet<>();
        for (Future<Reference> result : results) {
            references.add(result.get());
        }
        assertThat(references).hasSize(1);
        assertThat(open().list(Stage.SFT, "run-1")).hasSize(1);
        assertThat(root().resolve(".damaged")).doesNotExist();
        assertNoScratch();
    }

    @Test
    void newestStepComesFirstAndACompleteOneBeforeItsTwin() throws IOException {
        // Given
        CheckpointStore store = open();
        Reference second = store.save(DRAFT.withStep(2), CONTENT);
        Reference tenth = store.save(DRAFT.withStep(10), CONTENT);
        Reference finished = store.save(DRAFT.withStep(10).withComplete(true), CONTENT);
        // When
        List<StoredCheckpoint> listed = store.list(Stage.SFT, "run-1");
        // Then
        assertThat(listed).extracting(StoredCheckpoint::reference).containsExactly(finished, tenth, second);
    }

    @Test
    void pruneKeepsTheNewestValidAndEveryCompleteOne() throws IOException {
        // Given
        CheckpointStore store = open();
        store.save(DRAFT.withStep(1), CONTENT);
        Reference complete = store.save(DRAFT.withStep(2).withComplete(true), CONTENT);
        store.save(DRAFT.withStep(3), CONTENT);
        Reference valid = store.save(DRAFT.withStep(4), CONTENT);
        Reference damaged = store.save(DRAFT.withStep(5), CONTENT);
        Files.delete(store.open(damaged).folder().resolve("config.json"));
        // When
        store.prune(store.claim(Stage.SFT, "run-1"), 1, Set.of());
        // Then
        assertThat(store.list(Stage.SFT, "run-1"))
                .extracting(StoredCheckpoint::reference)
                .extracting(Reference::sha256)
                .containsExactly(complete.sha256(), valid.sha256());
        assertNoScratch();
    }

    @Test
    void fullDiskLeavesNothingAndSaysWhere() throws IOException {
        // Given
        CheckpointStore store = open();
        // When // Then
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> store.save(DRAFT, folder -> {
                    CONTENT.write(folder);
                    try (OutputStream full = new FileOutputStream("/dev/full")) {
                        full.write(1);
                    }
                }))
                .withMessageContaining("cannot save the checkpoint of sft/run-1 at step 5")
                .withMessageContaining(root().toString())
                .withMessageContaining("No space left on device")
                .withMessageContaining("bytes");
        assertThat(store.runs(Stage.SFT)).isEmpty();
        assertNoScratch();
    }

    @Test
    void aFailingWriterLeavesNothing() throws IOException {
        // Given
        CheckpointStore store = open();
        // When // Then
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> store.save(DRAFT, folder -> {
                    Files.writeString(folder.resolve("half"), "x");
                    throw new IllegalStateException("the trainer failed");
                }));
        assertThat(store.runs(Stage.SFT)).isEmpty();
        assertNoScratch();
    }

    @ParameterizedTest
    @ValueSource(strings = {"folder", "link", "manifest.json", ".hidden", "a b"})
    void onlyPlainFilesWithPlainNamesAreTaken(String name) throws IOException {
        // Given
        CheckpointStore store = open();
        // When // Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.save(DRAFT, folder -> {
                    switch (name) {
                        case "folder" -> Files.createDirectory(folder.resolve(name));
                        case "link" -> Files.createSymbolicLink(folder.resolve(name), Path.of("/etc/hostname"));
                        default -> Files.writeString(folder.resolve(name), "x");
                    }
                }));
        assertNoScratch();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:/etc",
                "file:/",
                "s3://bucket",
                "file:/x/sft/../0000000005-%s",
                "file:/x/sft/run-1/..",
                "file:/x/other/run-1/0000000005-%s",
                "file:/x/sft/run-1/5-%s",
            })
    void addressesThatAreNoCheckpointsAreRefused(String uri) throws IOException {
        // Given
        CheckpointStore store = open();
        Reference saved = store.save(DRAFT, CONTENT);
        Reference reference =
                new Reference(URI.create(uri.replace("%s", saved.shortSha256())), saved.sha256(), saved.size());
        // When // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> store.open(reference))
                .withMessageContaining("is not the address of a checkpoint");
    }

    @Test
    void unknownRootsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CheckpointStore.open(URI.create("ftp://host/x"), temporary))
                .withMessage("the store's root must be file:/folder or s3://bucket/prefix but is ftp://host/x");
    }

    private CheckpointStore open() throws IOException {
        return CheckpointStore.open(root().toUri(), temporary.resolve("cache"));
    }

    private Path root() throws IOException {
        return Files.createDirectories(temporary.resolve("store"));
    }

    private void assertNoScratch() {
        assertThat(temporary.resolve("store/.scratch")).isEmptyDirectory();
    }

    private static long sizeOfFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }
}
