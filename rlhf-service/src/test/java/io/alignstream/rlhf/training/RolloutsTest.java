package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.rollouts.RolloutHistory;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of the answers that were rewarded. */
class RolloutsTest {

    private static final List<int[]> PROMPTS = TinyWorld.prompts("train", 8);

    private static Transformer sft;
    private static RewardModel reward;
    private static RewardModel judge;

    @TempDir
    Path folder;

    @BeforeAll
    static void train() {
        sft = TinyWorld.sft();
        reward = TinyWorld.reward(sft, "reward");
        judge = TinyWorld.reward(sft, "judge");
    }

    @AfterAll
    static void close() {
        judge.close();
        reward.close();
        sft.close();
    }

    @Test
    void every_iteration_is_kept_with_what_was_said_before() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            Recorder recorder = new Recorder(Long.MAX_VALUE);
            TrainingRun run = train(store, recorder);

            // When
            RolloutHistory history = new RolloutHistory(store);
            RolloutHistory.Iteration last =
                    history.iteration(run.id(), 4, 5, RewardEnsemble.of(judge)).orElseThrow();

            // Then
            assertThat(history.runs()).containsExactly(new RolloutHistory.Run(run.id(), List.of(1L, 2L, 3L, 4L)));
            assertThat(recorder.records).hasSize(4).doesNotHaveDuplicates();
            assertThat(last.answers()).isEqualTo(32);
            assertThat(last.best())
                    .hasSize(5)
                    .isSortedAccordingTo(Comparator.comparingDouble(RolloutHistory.Shown::score)
                            .reversed());
            assertThat(last.worst().getFirst().score())
                    .isLessThan(last.best().getFirst().score());
            // 8 prompts, 32 answers an iteration: each was asked before.
            assertThat(last.best()).allSatisfy(shown -> {
                assertThat(shown.before()).isNotNull();
                assertThat(shown.rescored()).isNotNull();
            });
            assertThat(history.iteration(run.id(), 9, 5, null)).isEmpty();
        }
    }

    @Test
    void a_run_that_was_interrupted_keeps_the_same_once() throws IOException {
        // Given
        Recorder undisturbed = new Recorder(Long.MAX_VALUE);
        try (CheckpointStore store = CheckpointStore.open(folder.resolve("a").toUri(), folder)) {
            train(store, undisturbed);
        }

        // When
        Recorder interrupted = new Recorder(2);
        try (CheckpointStore store = CheckpointStore.open(folder.resolve("b").toUri(), folder)) {
            train(store, interrupted);
            interrupted.stopAfter = Long.MAX_VALUE;
            train(store, interrupted);

            // Then
            assertThat(store.below(TrainingRun.RECORDS)
                            .manifests(Stage.RLHF, run(store).id()))
                    .hasSize(4);
        }
        assertThat(interrupted.records.stream().map(Reference::sha256).distinct())
                .containsExactlyElementsOf(
                        undisturbed.records.stream().map(Reference::sha256).toList());
    }

    private static TrainingRun run(CheckpointStore store) {
        return new TrainingRuns(store, Stage.RLHF)
                .of(Lineage.NONE, List.of(), settings().hyperparameters());
    }

    private static RlhfSettings settings() {
        return TinyWorld.settings(Map.of("alignstream.rlhf.training.iterations", "4"));
    }

    private static TrainingRun train(CheckpointStore store, Monitor monitor) throws IOException {
        TrainingRun run = run(store);
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(reward, judge);
        RlhfInputs inputs = new RlhfInputs(
                settings(),
                sft,
                judges,
                TinyParents.TOKENIZER,
                PROMPTS,
                List.of(),
                OwnWriting.NONE,
                TinyWorld.END,
                new HeldOutComparison(
                        3,
                        sft,
                        judges,
                        new AnswerSampler(1, 5, TinyWorld.END),
                        TinyWorld.prompts("held-out", 8).stream()
                                .map(HeldOutPrompt::of)
                                .toList(),
                        OwnWriting.NONE));
        new Trainer(run, inputs, settings().training(), monitor).train();
        return run;
    }

    /** Stops a run after some steps and hears what is kept. */
    private static final class Recorder implements Monitor {

        private final List<Reference> records = new ArrayList<>();
        private long stopAfter;
        private long steps;

        Recorder(long stopAfter) {
            this.stopAfter = stopAfter;
        }

        @Override
        public boolean stopRequested() {
            return steps >= stopAfter;
        }

        @Override
        public void recorded(Reference record) {
            records.add(record);
        }

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
            steps = step;
        }

        @Override
        public void healed(HealingEvent event) {}
    }
}
