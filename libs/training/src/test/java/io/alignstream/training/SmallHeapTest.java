package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights and moments never pass through Java's heap: a process lives with much less of it than they take. */
class SmallHeapTest {

    private static final int HEAP = 32 << 20;
    private static final TransformerConfig CONFIG =
            new TransformerConfig(30_000, 2, 512, 8, 8, 1_536, 64, 10_000, 1e-5, false);

    @TempDir
    private Path folder;

    @Test
    void a_model_larger_than_the_heap_is_made_trained_stored_and_resumed() throws Exception {
        // Given
        assertThat(Footprint.of(CONFIG).weights()).isGreaterThan(4L * HEAP);
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + HEAP,
                        "-XX:MaxDirectMemorySize=1m",
                        "-XX:+UseSerialGC",
                        "-Dalignstream.torch.threads=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SmallHeapTest.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();

        // When
        boolean ended = process.waitFor(5, TimeUnit.MINUTES);
        process.destroyForcibly();

        // Then
        assertThat(Files.readString(log, StandardCharsets.UTF_8)).contains("same loss after resuming");
        assertThat(ended && process.exitValue() == 0).isTrue();
    }

    /** What the process does in {@code arguments[0]}. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        CONFIG.save(folder, new int[] {1}, 0);
        double next;
        try (Transformer model = Transformer.initialise(CONFIG, 1);
                Learner learner = new Learner(model, AdamW.Settings.FINE_TUNING)) {
            learner.step(new NextTokenObjective(model), batch(1), 1e-3);
            BestWeights best = new BestWeights();
            best.keep(model.views(), 1);
            best.keep(model.views(), 2);
            Safetensors.write(folder.resolve(ModelWeights.FILE), model.views(), Map.of());
            Safetensors.write(folder.resolve(StoredState.FILE), learner.state("o"), Map.of());
            next = learner.step(new NextTokenObjective(model), batch(2), 1e-3).loss();
        }
        try (Transformer model = Transformer.load(folder);
                Learner learner = new Learner(model, AdamW.Settings.FINE_TUNING)) {
            learner.restore("o", Safetensors.read(folder.resolve(StoredState.FILE)));
            double resumed =
                    learner.step(new NextTokenObjective(model), batch(2), 1e-3).loss();
            System.out.println(resumed == next ? "same loss after resuming" : resumed + " is not " + next);
        }
    }

    private static Sequences batch(long seed) {
        int[] row = new Random(seed).ints(33, 0, CONFIG.vocabularySize()).toArray();
        return Sequences.packed(List.of(row), -1);
    }
}
