package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.MemoryTopics;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.guard.Finding;
import io.alignstream.rlhf.guard.Guard;
import io.alignstream.rlhf.guard.GuardConfig;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.training.TinyWorld.Preference;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guard and real training: against reward models that are wrong on purpose, and against one that is right. */
class GuardedTrainingTest {

    private static final int FLATTERY = 7;
    private static final int[] GOOD = {TinyWorld.GOOD, TinyWorld.END};
    private static final int[] OTHER = {TinyWorld.OTHER, TinyWorld.END};
    private static final int[] LONG_GOOD = {TinyWorld.GOOD, TinyWorld.GOOD, TinyWorld.GOOD, TinyWorld.END};
    private static final int[] LONG_OTHER = {TinyWorld.OTHER, TinyWorld.OTHER, TinyWorld.OTHER, TinyWorld.END};
    private static final int[] FLATTERING_GOOD = {FLATTERY, TinyWorld.GOOD, TinyWorld.END};
    private static final int[] FLATTERING_OTHER = {FLATTERY, TinyWorld.OTHER, TinyWorld.END};
    private static final RlhfSettings SETTINGS = TinyWorld.settings(Map.of(
            "alignstream.rlhf.training.iterations", "40",
            "alignstream.rlhf.training.kl.coefficient", "0.02",
            "alignstream.rlhf.training.kl.horizon", "0",
            "alignstream.rlhf.training.kl.bound", "100",
            "alignstream.rlhf.validate-every", "2"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final MemoryTopics topics = new MemoryTopics();
    private final Guard guard = new Guard(Settings.of(GuardConfig.class, Map.of()));

    @Test
    void longerIsBetter() throws IOException {
        // Given
        Preference[] wrong = {new Preference(LONG_GOOD, GOOD), new Preference(LONG_OTHER, OTHER)};
        Preference[] right = {
            new Preference(GOOD, LONG_GOOD), new Preference(OTHER, LONG_OTHER), new Preference(GOOD, OTHER)
        };

        // When
        Optional<Finding> finding = train(wrong, right, GOOD, OTHER, LONG_GOOD, LONG_OTHER);

        // Then
        assertThatRewardAndJudgePart(finding);
    }

    @Test
    void flatteryWins() throws IOException {
        // Given
        Preference[] wrong = {new Preference(FLATTERING_GOOD, GOOD), new Preference(FLATTERING_OTHER, GOOD)};
        Preference[] right = {
            new Preference(GOOD, FLATTERING_GOOD), new Preference(OTHER, FLATTERING_OTHER), new Preference(GOOD, OTHER)
        };

        // When
        Optional<Finding> finding = train(wrong, right, GOOD, OTHER, FLATTERING_GOOD, FLATTERING_OTHER);

        // Then
        assertThatRewardAndJudgePart(finding);
    }

    @Test
    void aRewardModelThatIsRightTrainsToTheEnd() throws IOException {
        // Given
        Preference[] right = {new Preference(GOOD, OTHER)};

        // When
        Optional<Finding> finding = train(right, right, GOOD, OTHER);

        // Then
        assertThat(finding).isEmpty();
    }

    private void assertThatRewardAndJudgePart(Optional<Finding> finding) {
        assertThat(finding).hasValueSatisfying(found -> {
            assertThat(found.signal()).isEqualTo("over-optimisation");
            assertThat(found.curves()).containsExactly("objective/scores", "heldOut/judgeScores");
            assertThat(found.since()).isLessThan(found.iteration());
            assertThat(found.iteration()).isLessThan(SETTINGS.batches().iterations());
        });
        assertThat(topics.log(Topic.TRAINING_PROGRESS).getLast().step())
                .isEqualTo(finding.orElseThrow().iteration());
    }

    /** Trains to the end or until the guard objects, and says why. */
    private Optional<Finding> train(Preference[] rewarded, Preference[] judged, int[]... answers) throws IOException {
        guard.subscribe(topics);
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder);
                RlhfInputs inputs = inputs(TinyWorld.sft(answers), rewarded, judged)) {
            TrainingRun run =
                    new TrainingRuns(store, Stage.RLHF).of(Lineage.NONE, List.of(), SETTINGS.hyperparameters());
            guard.watch(run.id());
            Optional<Trainer.Result> result =
                    new Trainer(run, inputs, SETTINGS.training(), new Guarded(run.id())).train();
            Optional<Finding> finding = guard.finding(run.id());
            assertThat(result.isEmpty()).as("paused, not finished").isEqualTo(finding.isPresent());
            return finding;
        }
    }

    private static RlhfInputs inputs(Transformer sft, Preference[] rewarded, Preference[] judged) {
        RewardModel reward = TinyWorld.reward(sft, "reward", rewarded);
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(reward, TinyWorld.reward(sft, "judge", judged));
        HeldOutComparison comparison = new HeldOutComparison(
                3,
                sft,
                judges,
                new AnswerSampler(1, 5, TinyWorld.END),
                TinyWorld.prompts("held-out", 40).stream()
                        .map(HeldOutPrompt::of)
                        .toList(),
                OwnWriting.NONE);
        return new RlhfInputs(
                SETTINGS,
                sft,
                judges,
                TinyParents.TOKENIZER,
                TinyWorld.prompts("ppo", 50),
                List.of(),
                OwnWriting.NONE,
                TinyWorld.END,
                comparison);
    }

    /** What a job tells the topic, and how it asks the guard. */
    private final class Guarded implements Monitor {

        private final String run;

        Guarded(String run) {
            this.run = run;
        }

        @Override
        public boolean stopRequested() {
            return guard.finding(run).isPresent();
        }

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
            topics.publish(
                    Topic.TRAINING_PROGRESS,
                    new TrainingProgress(Stage.RLHF, run, phase, step, totalSteps, 0, figures));
        }

        @Override
        public void healed(HealingEvent event) {}
    }
}
