package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.stageruntime.testing.KilledTraining;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kill -9 in runs of PPO, GRPO and DPO: the same weights, figures and rollouts as in a run that nobody disturbs.
 *
 * <p>{@code -Dalignstream.kills=20} kills more often than the few times that every build does.
 */
class RlhfKilledTest {

    private static final int KILLS = Integer.getInteger("alignstream.kills", 2);
    private static final int STEPS = 4;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"ppo", "grpo", "dpo", "ppo with adapters"})
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void killsChangeNothing(String algorithm) throws Exception {
        // Given
        KilledTraining training = new KilledTraining(folder, Tiny.class, algorithm);
        KilledTraining.Outcome undisturbed = training.finish("undisturbed");
        Random random = new Random(algorithm.hashCode());

        // When
        int killed = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            killed += training.kill("killed", random, STEPS) ? 1 : 0;
        }
        KilledTraining.Outcome resumed = training.finish("killed");

        // Then
        assertThat(killed).as("kills that met the run, of %d", KILLS).isGreaterThan(KILLS * 3 / 4);
        assertThat(resumed).isEqualTo(undisturbed);
        assertThat(rollouts("killed", algorithm)).isEqualTo(rollouts("undisturbed", algorithm));
    }

    private List<String> rollouts(String name, String algorithm) throws IOException {
        Path place = folder.resolve(name);
        try (CheckpointStore store = CheckpointStore.open(place.resolve("store").toUri(), place)) {
            return store
                    .below(TrainingRun.RECORDS)
                    .manifests(Stage.RLHF, new Tiny().run(store, algorithm).id())
                    .keySet()
                    .stream()
                    .map(reference -> reference.sha256())
                    .toList();
        }
    }

    /** A run of some steps on the tiny language. */
    public static final class Tiny implements KilledTraining.Subject {

        private static RlhfSettings rlhf(String algorithm) {
            Map<String, String> values = new HashMap<>(Map.of(
                    "alignstream.rlhf.algorithm", algorithm.split(" ")[0],
                    "alignstream.rlhf.lora.rank", algorithm.endsWith("adapters") ? "4" : "0",
                    "alignstream.rlhf.training.iterations", "40",
                    "alignstream.rlhf.checkpoint-every", "3",
                    "alignstream.rlhf.validate-every", "4",
                    "alignstream.rlhf.patience", "50",
                    "alignstream.rlhf.dpo.validate-every", "4",
                    "alignstream.rlhf.dpo.batch-requests", "2",
                    "alignstream.rlhf.dpo.epochs", "2"));
            return TinyWorld.settings(values);
        }

        @Override
        public TrainingRun run(CheckpointStore store, String algorithm) throws IOException {
            return new TrainingRuns(store, Stage.RLHF)
                    .of(Lineage.NONE, List.of(), rlhf(algorithm).hyperparameters());
        }

        @Override
        public TrainingLoop.Inputs inputs(String algorithm) {
            Transformer sft = TinyWorld.sft();
            HeldOutComparison.Judges judges =
                    new HeldOutComparison.Judges(TinyWorld.reward(sft, "reward"), TinyWorld.reward(sft, "judge"));
            List<int[]> prompts = TinyWorld.prompts("ppo", 50);
            return new RlhfInputs(
                    rlhf(algorithm),
                    sft,
                    judges,
                    TinyParents.TOKENIZER,
                    prompts,
                    prompts.stream().map(AlgorithmsTest::ranked).toList(),
                    OwnWriting.NONE,
                    TinyWorld.END,
                    new HeldOutComparison(
                            3,
                            sft,
                            judges,
                            new AnswerSampler(1, 5, TinyWorld.END),
                            TinyWorld.prompts("held-out", 10).stream()
                                    .map(HeldOutPrompt::of)
                                    .toList(),
                            OwnWriting.NONE));
        }

        @Override
        public Trainer.Settings settings(String algorithm) {
            return rlhf(algorithm).training();
        }
    }
}
