package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills a training process at seeded random moments; weights and losses are those of the undisturbed run. */
class PretrainKilledTest {

    private static final int KILLS = 20;
    /** A process gets on by a few checkpoints at most, so that the kills are spread over the run. */
    private static final int MOMENTS = 14;
    /** Among the kills of this seed are all kinds of moments, from the first checkpoint to the last. */
    private static final long SEED = 156;

    @TempDir
    private Path folder;

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void twentyKillsChangeNeitherWeightsNorLosses() throws Exception {
        // Given
        List<String> moments = new ArrayList<>();
        Reference undisturbed = finish("undisturbed", moments::add);
        Random random = new Random(SEED);

        // When
        List<String> killedAt = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            killedAt.add(killAt(random.nextInt(MOMENTS)));
        }
        Reference resumed = finish("killed", moment -> {});

        // Then
        assertThat(moments).contains("step 40", "files of checkpoint 5", "after checkpoint 0");
        assertThat(moments.stream().filter("step 16"::equals))
                .as("training went back")
                .hasSize(2);
        assertThat(killedAt).as(() -> errors()).noneMatch("died"::equals);
        assertThat(killedAt).anyMatch(moment -> moment.contains("before checkpoint"));
        assertThat(killedAt).anyMatch(moment -> moment.contains("files of checkpoint"));
        assertThat(killedAt).anyMatch(moment -> moment.contains("after checkpoint"));
        assertThat(killedAt).anyMatch(moment -> moment.contains("step"));
        assertThat(losses("killed")).isEqualTo(losses("undisturbed"));
        assertThat(model("killed", resumed)).isEqualTo(model("undisturbed", undisturbed));
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    private Reference finish(String name, KilledPretraining.Moments moments) throws IOException {
        return KilledPretraining.trainer(folder.resolve(name), log(name), moments)
                .train()
                .orElseThrow()
                .checkpoint();
    }

    /** Starts a process, kills it when it has reached its {@code moment}-th moment and says which one that was. */
    private String killAt(int moment) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-Dalignstream.torch.threads=" + System.getProperty("alignstream.torch.threads", "2"),
                        "-Dai.djl.offline=true",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath(),
                        KilledPretraining.class.getName(),
                        folder.resolve("killed").toString(),
                        log("killed").toString(),
                        Integer.toString(moment))
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("errors.txt").toFile()))
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null && !line.startsWith(KilledPretraining.READY)) {
                line = output.readLine();
            }
            if (line == null) {
                // Near the end of the run it may be finished before.
                return process.waitFor() == 0 ? "finished" : "died";
            }
            return line;
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** Without the service's logging, which takes longer to start than what is to be killed. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jboss-logmanager"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The last loss of each step; a step that was taken twice had the same one both times, unless training went back. */
    private Map<Long, String> losses(String name) throws IOException {
        Map<Long, String> losses = new TreeMap<>();
        for (String line : Files.readAllLines(log(name))) {
            String[] parts = line.split(" ");
            losses.put(Long.parseLong(parts[0]), parts[1]);
        }
        return losses;
    }

    private String errors() {
        try {
            return Files.readString(folder.resolve("errors.txt"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private Path log(String name) {
        return folder.resolve(name + ".log");
    }

    private String model(String name, Reference checkpoint) throws IOException {
        Path store = folder.resolve(name);
        try (CheckpointStore opened = CheckpointStore.open(store.toUri(), store)) {
            return opened.open(checkpoint)
                    .manifest()
                    .files()
                    .get("model.safetensors")
                    .sha256();
        }
    }
}
