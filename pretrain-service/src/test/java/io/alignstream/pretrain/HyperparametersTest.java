package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.stageruntime.testing.RunIdentity;
import io.alignstream.stageruntime.testing.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's id is made of: a key that changes its name makes every model that is there the product of another run. */
class HyperparametersTest {

    @TempDir
    Path store;

    @Test
    void the_defaults_have_these_keys_and_values() {
        // Given
        PretrainConfig settings = Settings.of(PretrainConfig.class, Map.of());

        // When
        Map<String, String> hyperparameters = settings.settings().hyperparameters();

        // Then
        assertThat(RunIdentity.lines(hyperparameters))
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
    void local_sgd_has_keys_of_its_own() {
        // Given
        Map<String, String> exact = Map.of("alignstream.pretrain.shards", "4");
        Map<String, String> local =
                Map.of("alignstream.pretrain.shards", "4", "alignstream.pretrain.sharing", "local-sgd");

        // When
        Map<String, String> more = new TreeMap<>(
                Settings.of(PretrainConfig.class, local).settings().hyperparameters());
        Settings.of(PretrainConfig.class, exact).settings().hyperparameters().forEach(more::remove);

        // Then
        assertThat(more).isEqualTo(Map.of("localSgdSteps", "50", "outerLearningRate", "0.7", "outerMomentum", "0.9"));
    }

    @Test
    void the_defaults_give_this_run() throws IOException {
        // Given
        Map<String, String> hyperparameters =
                Settings.of(PretrainConfig.class, Map.of()).settings().hyperparameters();

        // When
        String run = RunIdentity.id(Stage.PRETRAIN, hyperparameters, store);

        // Then
        assertThat(run).isEqualTo("056e375776df");
    }
}
