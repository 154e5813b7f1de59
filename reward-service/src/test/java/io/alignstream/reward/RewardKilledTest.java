package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.stageruntime.testing.KilledTraining;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kill -9 while reward model and judge are trained: the same weights and figures as in a run that nobody disturbs.
 *
 * <p>{@code -Dalignstream.kills=20} kills more often than the few times that every build does.
 */
class RewardKilledTest {

    private static final int KILLS = Integer.getInteger("alignstream.kills", 3);
    private static final int STEPS = 12;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"weights", "adapters"})
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void killsChangeNothing(String learning) throws Exception {
        // Given
        KilledTraining training = new KilledTraining(folder, Tiny.class, learning);
        KilledTraining.Outcome undisturbed = training.finish("undisturbed");
        Random random = new Random(11);

        // When
        int killed = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            killed += training.kill("killed", random, STEPS) ? 1 : 0;
        }
        KilledTraining.Outcome resumed = training.finish("killed");

        // Then
        assertThat(killed).as("kills that met the run, of %d", KILLS).isGreaterThan(KILLS * 3 / 4);
        assertThat(resumed).isEqualTo(undisturbed);
    }

    /** A run of some steps on the tiny language. */
    public static final class Tiny implements KilledTraining.Subject {

        private static RewardSettings reward(String learning) {
            return RewardLoopTest.settings(Map.of(
                    "alignstream.reward.lora.rank", learning.equals("adapters") ? "3" : "0",
                    "alignstream.reward.training.epochs", "12",
                    "alignstream.reward.checkpoint-every", "7",
                    "alignstream.reward.validate-every", "5",
                    "alignstream.reward.patience", "1000"));
        }

        @Override
        public TrainingRun run(CheckpointStore store, String learning) throws IOException {
            return new TrainingRuns(store, Stage.REWARD)
                    .of(Lineage.NONE, List.of(), reward(learning).hyperparameters());
        }

        @Override
        public TrainingLoop.Inputs inputs(String learning) {
            return new RewardLoop.Inputs(
                    reward(learning),
                    Transformer.initialise(RewardLoopTest.SIZE, 1),
                    TinySft.TOKENIZER,
                    RewardLoopTest.requests(80));
        }

        @Override
        public Trainer.Settings settings(String learning) {
            return reward(learning).training();
        }
    }
}
