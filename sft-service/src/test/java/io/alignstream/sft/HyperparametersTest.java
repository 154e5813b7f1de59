package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRuns;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's id is made of: a key that changes its name makes every model that is there the product of another run. */
class HyperparametersTest {

    private static final Lineage PARENTS =
            Lineage.of("parent", new Reference(URI.create("file:/store/parent"), "0123456789abcdef".repeat(4), 1));
    private static final List<DatasetSnapshot> DATASETS =
            List.of(new DatasetSnapshot("data", List.of(new DatasetSnapshot.PartitionRange(0, 3, 70))));

    @TempDir
    Path store;

    @Test
    void the_defaults_have_these_keys_and_values() {
        // Given
        SftConfig settings = settings(Map.of());

        // When
        Map<String, String> hyperparameters = settings.settings().hyperparameters();

        // Then
        assertThat(lines(hyperparameters))
                .isEqualTo(
                        """
                        batchInstructions=16
                        epochs=6
                        heldOutShare=0.05
                        learningRate=1.0E-4
                        seed=1
                        warmupShare=0.1
                        """);
    }

    @Test
    void the_defaults_give_this_run() throws IOException {
        // Given
        Map<String, String> hyperparameters = settings(Map.of()).settings().hyperparameters();

        // When
        String run;
        try (CheckpointStore opened = CheckpointStore.open(store.toUri(), store.resolve("cache"))) {
            run = new TrainingRuns(opened, Stage.SFT)
                    .of(PARENTS, DATASETS, hyperparameters)
                    .id();
        }

        // Then
        assertThat(run).isEqualTo("ce41960af92c");
    }

    @Test
    void what_is_not_the_default_adds_its_keys() {
        // Given
        SftConfig settings = settings(Map.of(
                "alignstream.sft.activation-mebibytes", "2",
                "alignstream.sft.precision", "bfloat16",
                "alignstream.sft.unknown.share", "0.5",
                "alignstream.sft.lora.rank", "8"));

        // When
        Map<String, String> hyperparameters = settings.settings().hyperparameters();

        // Then
        assertThat(lines(hyperparameters))
                .isEqualTo(
                        """
                        activationBytes=2097152
                        batchInstructions=16
                        epochs=6
                        heldOutShare=0.05
                        learningRate=1.0E-4
                        lora.alpha=32.0
                        lora.controlTokens=true
                        lora.rank=8
                        lora.targets=down_proj,gate_proj,k_proj,o_proj,q_proj,up_proj,v_proj
                        precision=bfloat16
                        seed=1
                        unknown.answerTokens=24
                        unknown.chinese=我不知道。
                        unknown.english=I don't know.
                        unknown.samples=4
                        unknown.share=0.5
                        warmupShare=0.1
                        """);
    }

    @Test
    void patience_has_a_key_only_where_there_is_some() {
        // Given
        SftConfig patient = settings(Map.of("alignstream.sft.patience", "4"));

        // When
        Map<String, String> hyperparameters = patient.settings().hyperparameters();

        // Then
        Map<String, String> more = new TreeMap<>(settings(Map.of()).settings().hyperparameters());
        more.put("patience", "4");
        more.put("validateEvery", "20");
        assertThat(hyperparameters).isEqualTo(more);
    }

    private static SftConfig settings(Map<String, String> overrides) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(SftConfig.class)
                .withDefaultValues(overrides)
                .build()
                .getConfigMapping(SftConfig.class);
    }

    private static String lines(Map<String, String> values) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(values).forEach((key, value) -> lines.append(key + "=" + value + "\n"));
        return lines.toString();
    }
}
