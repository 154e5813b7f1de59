package io.alignstream.rlhf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.guard.FreshRankings;
import io.alignstream.rlhf.release.Releases;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.stageruntime.view.RecordOrigin;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RlhfJobTest {

    private static final RlhfSettings SETTINGS = settings("6");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void interruptedRunEndsWithTheSameCheckpointAsAnUndisturbedOne() throws IOException {
        // Given
        Recording undisturbed = new Recording(Integer.MAX_VALUE);
        Recording killed = new Recording(3);
        Recording resumed = new Recording(Integer.MAX_VALUE);

        // When
        execute(folder.resolve("a"), undisturbed);
        execute(folder.resolve("b"), killed);
        execute(folder.resolve("b"), resumed);

        // Then
        assertThat(killed.checkpoints).isEmpty();
        assertThat(resumed.steps).startsWith(4L);
        assertThat(resumed.checkpoints.getFirst().reference().sha256())
                .isEqualTo(undisturbed.checkpoints.getFirst().reference().sha256());
    }

    @Test
    void checkpointIsAModelWithItsWholeStateAndItsLineage() throws IOException {
        // Given
        Recording recording = new Recording(Integer.MAX_VALUE);

        // When
        execute(folder, recording);

        // Then
        Checkpoint checkpoint = recording.checkpoints.getFirst();
        ModelRelease release = recording.releases.getFirst();
        assertThat(release.reference()).isEqualTo(checkpoint.reference());
        assertThat(release.figures()).containsKeys("winRate", "heldOut/kl", "heldOut/endRate");
        assertThat(release.reason()).contains("held-out prompts");
        assertThat(checkpoint.parents()).containsOnlyKeys("sft", "reward");
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            var stored = store.open(checkpoint.reference());
            Manifest manifest = stored.manifest();
            assertThat(manifest.files())
                    .containsOnlyKeys(
                            "model.safetensors",
                            "training-state.safetensors",
                            "config.json",
                            "generation_config.json",
                            "tokenizer.json",
                            "tokenizer_config.json");
            assertThat(manifest.position()).containsEntry("iteration", 5L).containsEntry("episode", 40L);
            assertThat(manifest.hyperparameters()).containsEntry("kl.coefficient", "0.3");
            try (Transformer model = Transformer.load(stored.folder())) {
                assertThat(model.config().layers()).isEqualTo(2);
            }
        }
    }

    @Test
    void aRunWhosePromptsLeaveNoRoomSaysSoBeforeAnythingIsLoaded() {
        // Given: answers that alone are longer than the model reads
        RlhfSettings settings = settings("5000");
        Recording recording = new Recording(Integer.MAX_VALUE);

        // When
        Throwable refusal = catchThrowable(() -> execute(folder, settings, recording));

        // Then
        assertThat(refusal)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll(
                        "12 of 12 inputs cannot be learned from, more than 50 %",
                        "12 prompts left out: no room for an answer (first: ",
                        "its answer may have 5,000 (alignstream.rlhf.training.max-answer-tokens)",
                        "alignstream.rlhf.most-set-aside");
        assertThat(recording.steps).isEmpty();
    }

    @Test
    void whatARunNeedsIsKnownBeforeItsModelsAreLoaded() throws IOException {
        // Given: a reward model that cannot be
        Recording recording = new Recording(Integer.MAX_VALUE);
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            Checkpoint sft = TinyParents.sft(store);
            RlhfJob job = job(store, SETTINGS, sft, TinyParents.unloadableReward(store, sft));

            // When
            Throwable failure = catchThrowable(() -> job.execute(recording));

            // Then
            assertThat(failure).isInstanceOf(IOException.class).hasMessageContaining("this is no reward model");
            assertThat(recording.planned).singleElement().satisfies(plan -> assertThat(plan.parts())
                    .containsKeys("frozen", "weights", "moments", "activations", "cache"));
        }
    }

    private static RlhfSettings settings(String answerTokens) {
        return Settings.of(
                        RlhfConfig.class,
                        Map.ofEntries(
                                entry("alignstream.rlhf.checkpoint-every", "2"),
                                entry("alignstream.rlhf.rehearsal.conversations", "64"),
                                entry("alignstream.rlhf.rehearsal.openings", "64"),
                                entry("alignstream.rlhf.rehearsal.documents", "32"),
                                entry("alignstream.rlhf.training.iterations", "5"),
                                entry("alignstream.rlhf.training.batch-episodes", "8"),
                                entry("alignstream.rlhf.training.minibatch-episodes", "4"),
                                entry("alignstream.rlhf.training.epochs", "2"),
                                entry("alignstream.rlhf.training.critic-warm-up", "1"),
                                entry("alignstream.rlhf.training.policy-learning-rate", "1e-3"),
                                entry("alignstream.rlhf.training.max-answer-tokens", answerTokens)))
                .settings();
    }

    private static void execute(Path root, JobContext context) throws IOException {
        execute(root, SETTINGS, context);
    }

    private static void execute(Path root, RlhfSettings settings, JobContext context) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(root.toUri(), root)) {
            Checkpoint sft = TinyParents.sft(store);
            job(store, settings, sft, TinyParents.reward(store, sft)).execute(context);
        }
    }

    private static RlhfJob job(CheckpointStore store, RlhfSettings settings, Checkpoint sft, Checkpoint reward) {
        TrainingRun run = new TrainingRuns(store, Stage.RLHF)
                .of(
                        Lineage.of(Lineage.SFT, sft).and(Lineage.REWARD, reward.reference()),
                        List.of(new DatasetSnapshot("prompts", List.of(new PartitionRange(0, 0, 12)))),
                        settings.hyperparameters());
        return new RlhfJob(
                run, settings, "alignstream", store, new Releases(), TinyParents.guard(), new FreshRankings());
    }

    /** Gives 12 prompts, asks to stop after some steps and keeps what was published. */
    private static final class Recording implements JobContext {

        private final int stopAfter;
        private final List<Long> steps = new ArrayList<>();
        private final List<MemoryPlan> planned = new ArrayList<>();
        private final List<Checkpoint> checkpoints = new ArrayList<>();
        private final List<ModelRelease> releases = new ArrayList<>();

        Recording(int stopAfter) {
            this.stopAfter = stopAfter;
        }

        @Override
        public boolean stopRequested() {
            return steps.size() >= stopAfter;
        }

        @Override
        public void stop() {}

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {
            if (phase.equals("ppo")) {
                steps.add(step);
            }
        }

        @Override
        public void planned(MemoryPlan memory) {
            planned.add(memory);
        }

        @Override
        public void healed(Reason what) {}

        @Override
        public <T> void publish(Topic<T> topic, T event) {
            if (event instanceof Checkpoint checkpoint) {
                assertThat(releases).as("the release goes first").isNotEmpty();
                checkpoints.add(checkpoint);
            } else if (event instanceof ModelRelease release) {
                releases.add(release);
            }
        }

        @Override
        public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
            return TinyParents.prompts(12).stream()
                    .map(prompt -> new Entry<>(
                            topic.eventClass().cast(prompt),
                            new RecordOrigin(new ConsumerRecord<>(
                                    topic.name(), 0, 0, prompt.id().getBytes(UTF_8), new byte[0]))));
        }
    }
}
