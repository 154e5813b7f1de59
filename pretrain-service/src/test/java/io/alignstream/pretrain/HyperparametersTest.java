package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
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

    private static final Map<String, Reference> PARENTS =
            Map.of("parent", new Reference(URI.create("file:/store/parent"), "0123456789abcdef".repeat(4), 1));
    private static final List<DatasetSnapshot> DATASETS =
            List.of(new DatasetSnapshot("data", List.of(new DatasetSnapshot.PartitionRange(0, 3, 70))));

    @TempDir
    Path store;

    @Test
    void the_defaults_have_these_keys_and_values() {
        // Given
        PretrainConfig settings = settings(Map.of());

        // When
        Map<String, String> hyperparameters = settings.settings().hyperparameters();

        // Then
        assertThat(lines(hyperparameters))
                .isEqualTo(
                        """
                        accumulation=1
                        batchSequences=16
                        beta2=0.95
                        checkpointEvery=200
                        decayShare=0.6
                        epochs=1.0
                        finalShare=0.0
                        layers=4
                        learningRate=0.003
                        leastDecaySteps=100
                        maxNorm=1.0
                        muonMomentum=0.95
                        patience=5
                        precision=float32
                        recoveries=8
                        recoveryLearningRateFactor=0.3
                        seed=1
                        shuffleWindow=8192
                        spikeFactor=2.0
                        steps=1200
                        validateEvery=100
                        validationSequences=128
                        warmupShare=0.05
                        weightDecay=0.1
                        width=128
                        """);
    }

    @Test
    void the_defaults_give_this_run() throws IOException {
        // Given
        Map<String, String> hyperparameters = settings(Map.of()).settings().hyperparameters();

        // When
        String run;
        try (CheckpointStore opened = CheckpointStore.open(store.toUri(), store.resolve("cache"))) {
            run = new TrainingRuns(opened, Stage.PRETRAIN)
                    .of(PARENTS, DATASETS, hyperparameters)
                    .id();
        }

        // Then
        assertThat(run).isEqualTo("056e375776df");
    }

    private static PretrainConfig settings(Map<String, String> overrides) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(PretrainConfig.class)
                .withDefaultValues(overrides)
                .build()
                .getConfigMapping(PretrainConfig.class);
    }

    private static String lines(Map<String, String> values) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(values).forEach((key, value) -> lines.append(key + "=" + value + "\n"));
        return lines.toString();
    }
}
