package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.stageruntime.testing.RunIdentity;
import io.alignstream.stageruntime.testing.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
                        gate.documentKl=0.05
                        gate.endRate=0.95
                        gate.kl=12.0
                        gate.lengthRatio=2.0
                        gate.scoreGain=0.0
                        heldOut=0.05
                        iterations=40
                        kl.bound=15.0
                        kl.coefficient=0.3
                        kl.horizon=640.0
                        kl.target=0.6
                        knowledgeLoss=0.02
                        lambda=0.95
                        maxAnswerTokens=24
                        minibatch=32
                        missingEndPenalty=1.0
                        patience=3
                        policyLearningRate=0.001
                        rehearsal.coefficient=1.0
                        rehearsal.conversations=2048
                        rehearsal.documents=1024
                        rehearsal.openings=2048
                        scoreClip=5.0
                        seed=1
                        temperature=1.0
                        trainableShare=0.25
                        validateEvery=5
                        validationAnswers=4
                        validationPrompts=256
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
        assertThat(run).isEqualTo("a446a739ff7a");
    }

    /** What all workers must do in the same iteration is part of it then; how many there are is not. */
    @Test
    void shards_have_keys_only_where_there_are_several() {
        // Given
        RlhfSettings shared = Settings.of(RlhfConfig.class, Map.of("alignstream.rlhf.shards", "4"))
                .settings();

        // When
        Map<String, String> hyperparameters = shared.hyperparameters();

        // Then
        Map<String, String> more =
                new TreeMap<>(Settings.of(RlhfConfig.class, Map.of()).settings().hyperparameters());
        more.putAll(Map.of("shards", "4", "checkpointEvery", "5", "recoveries", "3"));
        assertThat(hyperparameters).isEqualTo(more);
    }

    @Test
    void patience_has_keys_only_where_there_is_some() {
        // Given
        RlhfSettings impatient = Settings.of(RlhfConfig.class, Map.of("alignstream.rlhf.patience", "0"))
                .settings();

        // When
        Map<String, String> hyperparameters = impatient.hyperparameters();

        // Then
        assertThat(hyperparameters)
                .doesNotContainKeys(
                        "patience",
                        "validateEvery",
                        "knowledgeLoss",
                        "validationPrompts",
                        "gate.kl",
                        "gate.documentKl");
    }

    @Test
    void other_algorithms_have_their_own_keys() {
        // Given
        RlhfSettings grpo = Settings.of(RlhfConfig.class, Map.of("alignstream.rlhf.algorithm", "grpo"))
                .settings();
        RlhfSettings dpo = Settings.of(RlhfConfig.class, Map.of("alignstream.rlhf.algorithm", "dpo"))
                .settings();

        // When
        List<Map<String, String>> hyperparameters = List.of(grpo.hyperparameters(), dpo.hyperparameters());

        // Then
        assertThat(hyperparameters.getFirst())
                .containsEntry("algorithm", "grpo")
                .containsEntry("grpo.advantage", "GROUP_NORMALISED")
                .containsKeys("iterations", "kl.coefficient")
                .doesNotContainKeys("criticLearningRate", "gamma", "dpo.beta");
        assertThat(hyperparameters.getLast())
                .containsEntry("algorithm", "dpo")
                .containsEntry("dpo.beta", "0.1")
                .doesNotContainKeys("iterations", "kl.coefficient", "grpo.group");
    }
}
