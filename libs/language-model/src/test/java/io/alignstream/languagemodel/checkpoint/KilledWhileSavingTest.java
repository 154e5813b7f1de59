package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that saves in a loop, again and again: what it acknowledged is there, and nothing by halves. */
class KilledWhileSavingTest {

    private static final int FILE_KILLS = 6;
    private static final int S3_KILLS = 3;
    private static final int LINES_A_CHECKPOINT = 4;

    @TempDir
    Path temporary = Path.of("");

    @Test
    void fileStoreHoldsOnlyWholeCheckpoints() throws Exception {
        // Given
        Path root = temporary.resolve("store");
        Random random = new Random(42);
        List<String> acknowledged = new ArrayList<>();
        for (int kill = 0; kill < FILE_KILLS; kill++) {
            // When
            acknowledged.addAll(saveUntilKilled(root.toUri(), random.nextInt(3 * LINES_A_CHECKPOINT), kill));
            // Then
            try (CheckpointStore store = FileCheckpointStore.open(root)) {
                List<StoredCheckpoint> listed = store.list(Stage.PRETRAIN, SavingLoop.RUN);
                assertThat(listed)
                        .extracting(stored -> stored.reference().uri().toString())
                        .containsAll(acknowledged);
                assertThat(folders(root.resolve("pretrain").resolve(SavingLoop.RUN)))
                        .hasSize(listed.size());
                assertThat(root.resolve(".scratch")).isEmptyDirectory();
            }
        }
        assertThat(acknowledged).isNotEmpty();
    }

    @Test
    void s3StoreHoldsOnlyWholeCheckpoints() throws Exception {
        try (S3Server server = S3Server.start(temporary.resolve("s3"))) {
            // Given
            URI root = server.root();
            Random random = new Random(43);
            List<String> acknowledged = new ArrayList<>();
            for (int kill = 0; kill < S3_KILLS; kill++) {
                // When
                acknowledged.addAll(saveUntilKilled(root, random.nextInt(3 * LINES_A_CHECKPOINT), kill));
                // Then
                try (CheckpointStore store = CheckpointStore.open(root, temporary.resolve("cache-" + kill))) {
                    assertThat(store.list(Stage.PRETRAIN, SavingLoop.RUN))
                            .extracting(stored -> stored.reference().uri().toString())
                            .containsAll(acknowledged)
                            .hasSameSizeAs(store.manifests(Stage.PRETRAIN, SavingLoop.RUN)
                                    .keySet());
                }
            }
            assertThat(acknowledged).isNotEmpty();
        }
    }

    /** Lets the process say {@code lines} lines, kills it and returns the addresses that it acknowledged before. */
    private List<String> saveUntilKilled(URI root, int lines, int seed) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m", "-XX:+UseSerialGC"));
        S3Server.clientProperties().forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                SavingLoop.class.getName(),
                root.toString(),
                temporary.resolve("child-cache").toString(),
                Integer.toString(seed)));
        Process process = new ProcessBuilder(command)
                .redirectError(temporary.resolve("child.log").toFile())
                .start();
        List<String> acknowledged = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            int said = 0;
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("saved ")) {
                    acknowledged.add(line.substring("saved ".length()));
                }
                if (++said > lines) {
                    // Not the process itself, which would close the stream with what was said before.
                    process.toHandle().destroyForcibly();
                }
            }
            assertThat(said)
                    .as(() -> "the child failed: " + read(temporary.resolve("child.log")))
                    .isPositive();
        } finally {
            process.destroyForcibly().waitFor();
        }
        return acknowledged;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static List<Path> folders(Path run) throws IOException {
        if (!Files.exists(run)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(run)) {
            return folders.toList();
        }
    }
}
