package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Reference;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PretrainKilledTest {

    @TempDir
    private Path folder;

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void aProcessThatWasKilledEndsWithTheSameCheckpoint() throws Exception {
        // Given
        Reference undisturbed = finish(folder.resolve("a"), new ArrayList<>());
        Process process = start(folder.resolve("b"));
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null && !line.equals("step 17")) {
                line = output.readLine();
            }
            assertThat(line).as("the process reached step 17").isNotNull();
        }

        // When
        process.destroyForcibly().waitFor();
        List<Long> steps = new ArrayList<>();
        Reference resumed = finish(folder.resolve("b"), steps);

        // Then
        assertThat(steps.getFirst()).isGreaterThan(1);
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    private static Reference finish(Path store, List<Long> steps) throws IOException {
        return KilledPretraining.loop(store, (step, totalSteps, metrics) -> steps.add(step))
                .run()
                .orElseThrow()
                .checkpoint();
    }

    private static Process start(Path store) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Dalignstream.torch.threads=" + System.getProperty("alignstream.torch.threads", "2"),
                        "-Dai.djl.offline=true",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledPretraining.class.getName(),
                        store.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
