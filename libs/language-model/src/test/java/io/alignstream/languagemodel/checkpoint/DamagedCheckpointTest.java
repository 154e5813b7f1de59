package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damages the newest of two checkpoints: it must be refused with the file's name, and the one before must be found. */
class DamagedCheckpointTest {

    @TempDir
    Path root = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"manifest.json", "config.json", "model.safetensors"})
    void everyTruncationIsNoticed(String name) throws IOException {
        // Given
        Pair pair = saveTwo();
        Path file = pair.newer().folder().resolve(name);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            // When // Then
            assertRefused(pair, name);
        }
        assertThat(pair.store().newest(Stage.PRETRAIN, "run-1")).contains(pair.older());
    }

    @ParameterizedTest
    @ValueSource(strings = {"manifest.json", "config.json", "model.safetensors"})
    void everyFlippedBitIsNoticed(String name) throws IOException {
        // Given
        Pair pair = saveTwo();
        Path file = pair.newer().folder().resolve(name);
        byte[] whole = Files.readAllBytes(file);
        for (int bit = 0; bit < 8 * whole.length; bit += 3) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, damaged);
            // When // Then
            assertRefused(pair, name);
        }
        assertThat(pair.store().newest(Stage.PRETRAIN, "run-1")).contains(pair.older());
    }

    @ParameterizedTest
    @ValueSource(strings = {"manifest.json", "config.json", "model.safetensors", "empty"})
    void aMissingFileIsNoticed(String name) throws IOException {
        // Given
        Pair pair = saveTwo();
        // When
        Files.delete(pair.newer().folder().resolve(name));
        // Then
        assertRefused(pair, name);
        assertThat(pair.store().list(Stage.PRETRAIN, "run-1")).containsExactly(pair.older());
    }

    @Test
    void aFileTooManyIsNoticed() throws IOException {
        // Given
        Pair pair = saveTwo();
        // When
        Files.writeString(pair.newer().folder().resolve("training-state.safetensors"), "smuggled in");
        // Then
        assertRefused(pair, "training-state.safetensors");
        assertThat(pair.store().list(Stage.PRETRAIN, "run-1")).containsExactly(pair.older());
    }

    @Test
    void aCheckpointOfALaterReleaseIsLeftOutAndSaysSo() throws IOException {
        // Given
        Pair pair = saveTwo();
        String json = Files.readString(pair.newer().folder().resolve("manifest.json"));
        String later = json.replace("\"version\" : 1", "\"version\" : 2");
        String sha256 = Sha256.hex(later);
        CheckpointName name = new CheckpointName(Stage.PRETRAIN, "run-1", 2, sha256.substring(0, 12), 0);
        Path folder = root.resolve(name.path());
        Files.move(pair.newer().folder(), folder);
        // When
        Files.writeString(folder.resolve("manifest.json"), later);
        // Then
        Reference reference =
                new Reference(folder.toUri(), sha256, pair.newer().reference().size());
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> pair.store().open(reference))
                .withMessageContaining("manifest version 2");
        assertThat(pair.store().list(Stage.PRETRAIN, "run-1")).containsExactly(pair.older());
    }

    @Test
    void aCheckpointUnderAnotherNameIsNoticed() throws IOException {
        // Given
        Pair pair = saveTwo();
        Path elsewhere = root.resolve("pretrain/run-2");
        Files.createDirectories(elsewhere);
        // When
        Files.move(
                pair.newer().folder(), elsewhere.resolve(pair.newer().folder().getFileName()));
        // Then
        assertThat(pair.store().list(Stage.PRETRAIN, "run-2")).isEmpty();
    }

    @Test
    void anotherContentThanPromisedIsNoticed() throws IOException {
        // Given
        Pair pair = saveTwo();
        Reference actual = pair.newer().reference();
        Reference promised =
                new Reference(actual.uri(), actual.sha256().substring(0, 12) + "0".repeat(52), actual.size());
        // When // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> pair.store().open(promised))
                .withMessageContaining(actual.sha256())
                .withMessageContaining(promised.sha256());
    }

    @Test
    void foldersThatAreNoCheckpointsAreIgnored() throws IOException {
        // Given
        Pair pair = saveTwo();
        Path run = root.resolve("pretrain/run-1");
        // When
        Files.createDirectory(run.resolve("notes"));
        Files.createDirectory(run.resolve("0000000003-0123456789ab"));
        Files.writeString(run.resolve("0000000004-0123456789ab"), "a file");
        // Then
        assertThat(pair.store().list(Stage.PRETRAIN, "run-1")).containsExactly(pair.newer(), pair.older());
    }

    private record Pair(CheckpointStore store, StoredCheckpoint older, StoredCheckpoint newer) {}

    private Pair saveTwo() throws IOException {
        CheckpointStore store = FileCheckpointStore.open(root);
        return new Pair(store, save(store, 1), save(store, 2));
    }

    private static StoredCheckpoint save(CheckpointStore store, int step) throws IOException {
        Manifest draft = Manifest.draft(Stage.PRETRAIN, "run-1", step).withPosition(Map.of("nextSequence", 7L));
        return store.open(store.save(draft, folder -> {
            Files.writeString(folder.resolve("config.json"), "{\"depth\": 4}");
            Files.write(folder.resolve("empty"), new byte[0]);
            Safetensors.write(
                    folder.resolve("model.safetensors"), Map.of("w", Tensor.of(new float[] {1, 2}, 2)), Map.of());
        }));
    }

    private static void assertRefused(Pair pair, String name) {
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> pair.store().open(pair.newer().reference()))
                .withMessageContaining(name);
    }
}
