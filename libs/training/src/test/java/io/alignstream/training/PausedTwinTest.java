package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that trains is paused at any moment, in the middle of a step, of saving, pruning or going back; another one takes
 * the run over and finishes it; then the first one wakes up.
 */
class PausedTwinTest {

    private static final int PAUSES = 5;

    @TempDir
    Path folder;

    @Test
    void whoWakesUpChangesNothing() throws Exception {
        // Given
        String undisturbed = lastLine(start("undisturbed"));
        Random random = new Random(5);
        for (int pause = 0; pause < PAUSES; pause++) {
            String name = "pause-" + pause;
            Process paused = start(name);
            pauseSomewhere(paused, random);
            String successor = lastLine(start(name));
            SequencedMap<Reference, Manifest> before = stored(name);

            // When
            signal(paused, "CONT");
            String woken = lastLine(paused);

            // Then
            assertThat(undisturbed).startsWith("result ");
            assertThat(successor).isEqualTo(undisturbed);
            assertThat(woken).isIn("lost", undisturbed);
            assertThat(stored(name)).isEqualTo(before);
        }
    }

    private void pauseSomewhere(Process process, Random random) throws Exception {
        int lines = 1 + random.nextInt(60);
        BufferedReader said = process.inputReader();
        for (String line = said.readLine(); line != null && --lines > 0; line = said.readLine()) {
            assertThat(line).startsWith("step ");
        }
        LockSupport.parkNanos(random.nextLong(Duration.ofMillis(20).toNanos()));
        signal(process, "STOP");
    }

    private static void signal(Process process, String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private SequencedMap<Reference, Manifest> stored(String name) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(folder.resolve(name).toUri(), folder)) {
            return store.manifests(Stage.SFT, TwinProgram.run(store).id());
        }
    }

    private Process start(String name) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        TwinProgram.class.getName(),
                        folder.resolve(name).toUri().toString(),
                        folder.resolve("cache").toString())
                .redirectError(folder.resolve("twins.log").toFile())
                .start();
    }

    private static String lastLine(Process process) throws Exception {
        List<String> lines;
        try (BufferedReader said = process.inputReader()) {
            lines = said.lines().toList();
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(lines).isNotEmpty();
        return lines.getLast();
    }
}
