package io.alignstream.reward;

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
        RewardSettings settings = Settings.of(RewardConfig.class, Map.of()).settings();

        // When
        Map<String, String> hyperparameters = settings.hyperparameters();

        // Then
        assertThat(RunIdentity.lines(hyperparameters))
                .isEqualTo(
                        """
                        batch=8
                        centring=0.01
                        depthShare=1.0
                        epochs=5
                        heldOut=0.05
                        judgeShare=0.5
                        learningRate=5.0E-4
                        margin=0.2
                        maxAnswerTokens=24
                        referenceAnswers=256
                        seed=1
                        warmUp=0.1
                        """);
    }

    @Test
    void the_defaults_give_this_run() throws IOException {
        // Given
        Map<String, String> hyperparameters =
                Settings.of(RewardConfig.class, Map.of()).settings().hyperparameters();

        // When
        String run = RunIdentity.id(Stage.REWARD, hyperparameters, store);

        // Then
        assertThat(run).isEqualTo("07b97c3f437c");
    }

    /** What all workers must do in the same step is part of it then; how many there are is not. */
    @Test
    void shards_have_keys_only_where_there_are_several() {
        // Given
        RewardSettings shared = Settings.of(RewardConfig.class, Map.of("alignstream.reward.shards", "4"))
                .settings();

        // When
        Map<String, String> hyperparameters = shared.hyperparameters();

        // Then
        Map<String, String> more = new TreeMap<>(
                Settings.of(RewardConfig.class, Map.of()).settings().hyperparameters());
        more.putAll(Map.of("shards", "4", "validateEvery", "25", "checkpointEvery", "25", "recoveries", "3"));
        assertThat(hyperparameters).isEqualTo(more);
    }

    @Test
    void patience_has_a_key_only_where_there_is_some() {
        // Given
        RewardSettings patient = Settings.of(RewardConfig.class, Map.of("alignstream.reward.patience", "4"))
                .settings();

        // When
        Map<String, String> hyperparameters = patient.hyperparameters();

        // Then
        Map<String, String> more = new TreeMap<>(
                Settings.of(RewardConfig.class, Map.of()).settings().hyperparameters());
        more.put("patience", "4");
        more.put("validateEvery", "25");
        assertThat(hyperparameters).isEqualTo(more);
    }
}
