package io.alignstream.stageruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.dataset.SetAside;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.workers.WorkerRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingJobTest {

    private static final long EXBIBYTE = 1L << 60;

    @TempDir
    private Path folder;

    @Test
    void a_run_that_needs_more_memory_than_there_is_says_so_and_does_not_begin() throws IOException {
        // Given
        List<MemoryPlan> planned = new ArrayList<>();
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), Map.of());
            TrainingJob job = new Huge(run);

            // When
            Throwable refusal = catchThrowable(() -> job.execute(new Listening(planned)));

            // Then
            assertThat(refusal).isInstanceOf(InvalidInputException.class).hasMessageContaining("GiB are available");
            assertThat(planned).singleElement().satisfies(plan -> assertThat(plan.bytes())
                    .isGreaterThan(EXBIBYTE));
            assertThat(store.runs(Stage.SFT)).isEmpty();
        }
    }

    @Test
    void a_run_that_can_use_little_of_what_it_was_given_says_so_and_does_not_begin() throws IOException {
        // Given: two of three inputs cannot be learned from
        List<MemoryPlan> planned = new ArrayList<>();
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), Map.of());
            Huge job = new Huge(run);
            job.setAside().take(SetAside.Kind.CONVERSATION, 1);
            job.setAside().addTooLong(SetAside.Cause.CONVERSATION_TOO_LONG, "long", 60, 48);
            job.setAside().addTooLong(SetAside.Cause.CONVERSATION_TOO_LONG, "longer", 61, 48);

            // When
            Throwable refusal = catchThrowable(() -> job.execute(new Listening(planned)));

            // Then
            assertThat(refusal)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("2 of 3 inputs", "long has 60 tokens", "alignstream.sft.most-set-aside");
            assertThat(planned).isEmpty();
            assertThat(store.runs(Stage.SFT)).isEmpty();
        }
    }

    @Test
    void a_result_that_was_learned_from_other_records_is_not_published() throws IOException {
        // Given: the store holds a finished run that was never published, the topics were set up anew
        DatasetSnapshot learned = new DatasetSnapshot("prompts", List.of(), "ab".repeat(32));
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(learned), Map.of());
            run.claim();
            run.save(
                    1,
                    true,
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Set.of(),
                    files -> Files.writeString(files.resolve("weights"), "1"));
            JobContext otherTopics = new Listening(new ArrayList<>()) {
                @Override
                public void verify(DatasetSnapshot snapshot) {
                    throw new InvalidInputException(
                            Reason.of("stage.otherRecords").with("topic", snapshot.topic()));
                }
            };

            // When: publishing would fail otherwise
            Throwable refusal = catchThrowable(() -> new Huge(run).execute(otherTopics));

            // Then
            assertThat(refusal).isInstanceOf(InvalidInputException.class).hasMessageContaining("other records");
        }
    }

    @Test
    void a_process_that_cannot_add_up_gradients_with_others_leaves_them_their_run() throws IOException {
        // Given: this process was not given the library of collectives, and two others train the run
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run = new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), Map.of());
            JobContext withOthers = new Listening(new ArrayList<>()) {
                @Override
                public int workers(TrainingRun shared) {
                    return shared.id().equals(run.id()) ? 2 : 0;
                }
            };

            // When
            Throwable refusal = catchThrowable(() -> new Huge(run, 4).execute(withOthers));

            // Then
            assertThat(refusal)
                    .isInstanceOf(WorkerRefusedException.class)
                    .hasMessageContaining("2 workers train run " + run.id(), "ALIGNSTREAM_TORCH_COLLECTIVE");
            assertThat(store.owner(Stage.SFT, run.id())).isEmpty();
        }
    }

    /** A job whose network takes an exbibyte. */
    private static final class Huge extends TrainingJob {

        private final int shards;

        Huge(TrainingRun run) {
            this(run, 1);
        }

        Huge(TrainingRun run, int shards) {
            super(
                    run,
                    new Trainer.Settings(new Trainer.Saving(1, Duration.ofSeconds(1)), new Trainer.Healing(0, 0.5), 0));
            this.shards = shards;
        }

        @Override
        protected int shards() {
            return shards;
        }

        @Override
        public Reason title() {
            return Reason.of("sft.train").with("run", run()).with("base", "none");
        }

        @Override
        protected Planned plan(JobContext context) {
            return new Planned(MemoryPlan.of(Map.of(MemoryPlan.Part.WEIGHTS, EXBIBYTE)), workers -> {
                throw new AssertionError("it loaded its weights");
            });
        }
    }

    private static class Listening implements JobContext {

        private final List<MemoryPlan> planned;

        Listening(List<MemoryPlan> planned) {
            this.planned = planned;
        }

        @Override
        public void planned(MemoryPlan memory) {
            planned.add(memory);
        }

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void stop() {}

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {}

        @Override
        public void healed(Reason what) {}

        @Override
        public <T> void publish(Topic<T> topic, T event) {
            throw new AssertionError("it published to " + topic.name());
        }

        @Override
        public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
            return Stream.of();
        }
    }
}
