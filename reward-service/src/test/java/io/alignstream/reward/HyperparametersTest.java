package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRuns;
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

    private static final Lineage PARENTS = new Lineage(new TreeMap<>(
            Map.of("parent", new Reference(URI.create("file:/store/parent"), "0123456789abcdef".repeat(4), 1))));
    private static final List<DatasetSnapshot> DATASETS =
            List.of(new DatasetSnapshot("data", List.of(new DatasetSnapshot.PartitionRange(0, 3, 70))));

    @TempDir
    Path store;

    @Test
    void the_defaults_have_these_keys_and_values() {
        // Given
        RewardSettings settings = Settings.of(Map.of()).settings();

        // When
        Map<String, String> hyperparameters = settings.hyperparameters();

        // Then
        assertThat(lines(hyperparameters))
                .isEqualTo(
                        """
                        batch=8
                        centring=0.01
                        epochs=5
                        heldOut=0.05
                        layers=3
                        learningRate=5.0E-4
                        margin=0.0
                        maxAnswerTokens=24
                        referenceAnswers=256
                        seed=1
                        warmUp=0.1
                        """);
    }

    @Test
    void the_defaults_give_this_run() throws IOException {
        // Given
        Map<String, String> hyperparameters = Settings.of(Map.of()).settings().hyperparameters();

        // When
        String run;
        try (CheckpointStore opened = CheckpointStore.open(store.toUri(), store.resolve("cache"))) {
            run = new TrainingRuns(opened, Stage.REWARD)
                    .of(PARENTS, DATASETS, hyperparameters)
                    .id();
        }

        // Then
        assertThat(run).isEqualTo("e46978d5593f");
    }

    @Test
    void patience_has_a_key_only_where_there_is_some() {
        // Given
        RewardSettings patient =
                Settings.of(Map.of("alignstream.reward.patience", "4")).settings();

        // When
        Map<String, String> hyperparameters = patient.hyperparameters();

        // Then
        Map<String, String> more =
                new TreeMap<>(Settings.of(Map.of()).settings().hyperparameters());
        more.put("patience", "4");
        more.put("validateEvery", "25");
        assertThat(hyperparameters).isEqualTo(more);
    }

    private static String lines(Map<String, String> values) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(values).forEach((key, value) -> lines.append(key + "=" + value + "\n"));
        return lines.toString();
    }
}
