package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.rlhf.training.RlhfSettings;
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
        RlhfSettings settings = Settings.of(RlhfConfig.class, Map.of()).settings();

        // When
        Map<String, String> hyperparameters = settings.hyperparameters();

        // Then
        assertThat(RunIdentity.lines(hyperparameters))
                .isEqualTo(
                        """
                        batch=64
                        clip=0.2
                        criticLearningRate=3.0E-4
                        criticWarmUp=3
                        epochs=4
                        gamma=1.0
                        iterations=30
                        kl.bound=15.0
                        kl.coefficient=0.05
                        kl.horizon=10000.0
                        kl.target=6.0
                        lambda=0.95
                        maxAnswerTokens=24
                        minibatch=32
                        missingEndPenalty=1.0
                        policyLearningRate=1.5E-4
                        scoreClip=5.0
                        seed=1
                        temperature=1.0
                        valueClip=0.2
                        valueCoefficient=0.1
                        """);
    }

    @Test
    void the_defaults_give_this_run() throws IOException {
        // Given
        Map<String, String> hyperparameters =
                Settings.of(RlhfConfig.class, Map.of()).settings().hyperparameters();

        // When
        String run = RunIdentity.id(Stage.RLHF, hyperparameters, store);

        // Then
        assertThat(run).isEqualTo("fb77960159da");
    }

    @Test
    void patience_has_a_key_only_where_there_is_some() {
        // Given
        RlhfSettings patient = Settings.of(RlhfConfig.class, Map.of("alignstream.rlhf.patience", "4"))
                .settings();

        // When
        Map<String, String> hyperparameters = patient.hyperparameters();

        // Then
        Map<String, String> more =
                new TreeMap<>(Settings.of(RlhfConfig.class, Map.of()).settings().hyperparameters());
        more.put("patience", "4");
        more.put("validateEvery", "5");
        assertThat(hyperparameters).isEqualTo(more);
    }
}
