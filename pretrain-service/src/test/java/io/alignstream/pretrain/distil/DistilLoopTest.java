package io.alignstream.pretrain.distil;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.testing.KilledTraining;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistilLoopTest {

    private static Path teacher;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws IOException {
        teacher = TinyTeacher.folder().toAbsolutePath();
    }

    private static DistilSettings settings(double share) {
        return new DistilSettings(
                1,
                64,
                TinyTeacher.POSITIONS,
                8,
                12,
                3e-3,
                2,
                share,
                5,
                new Trainer.Settings(new Trainer.Saving(3, Duration.ofHours(1)), new Trainer.Healing(2, 0.3), 0),
                1);
    }

    private static DistilLoop.Inputs inputs(Path teacher, double share) throws IOException {
        Tokenizer tokenizer = Tokenizer.load(teacher);
        return new DistilLoop.Inputs(settings(share), teacher, tokenizer, TinyTeacher.text(tokenizer));
    }

    private Trainer trainer(String name, double share, Recorder recorder) throws IOException {
        CheckpointStore store = CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
        TrainingRun run = new TrainingRuns(store, Stage.SFT)
                .of(Lineage.NONE, List.of(), settings(share).hyperparameters("text", "teacher"));
        return new Trainer(run, inputs(teacher, share), settings(share).training(), recorder);
    }

    @Test
    void whatItTellsHasANameAndTheTeacherIsApproached() throws IOException {
        // Given
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = trainer("told", 0.9, recorder).train().orElseThrow();

        // Then
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
        assertThat(recorder.steps()).hasSize(12);
        assertThat(recorder.figures().getLast().get("teacherKl"))
                .isLessThan(recorder.figures().getFirst().get("teacherKl"));
        assertThat(result.metrics()).containsKeys("validationBitsPerByte", "crossEntropy");
    }

    @Test
    void aStoppedRunEndsWithTheSameBytes() throws IOException {
        // Given
        String undisturbed = trainer("a", 0.9, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint()
                .sha256();

        // When: within the first pass and within the second
        assertThat(trainer("b", 0.9, Recorder.until(1)).train()).isEmpty();
        assertThat(trainer("b", 0.9, Recorder.until(7)).train()).isEmpty();
        String resumed = trainer("b", 0.9, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint()
                .sha256();

        // Then
        assertThat(resumed).isEqualTo(undisturbed);
    }

    @Test
    void aKilledRunEndsWithTheSameBytes() throws Exception {
        // Given
        KilledTraining training = new KilledTraining(folder, Tiny.class, teacher.toString());
        KilledTraining.Outcome undisturbed = training.finish("undisturbed");

        // When
        training.kill("killed", new Random(3), 5);
        KilledTraining.Outcome resumed = training.finish("killed");

        // Then
        assertThat(resumed).isEqualTo(undisturbed);
    }

    /** What is killed. */
    public static final class Tiny implements KilledTraining.Subject {

        @Override
        public TrainingRun run(CheckpointStore store, String argument) {
            return new TrainingRuns(store, Stage.SFT)
                    .of(Lineage.NONE, List.of(), settings(0.9).hyperparameters("text", "teacher"));
        }

        @Override
        public TrainingLoop.Inputs inputs(String argument) throws IOException {
            return DistilLoopTest.inputs(Path.of(argument), 0.9);
        }

        @Override
        public Trainer.Settings settings(String argument) {
            return DistilLoopTest.settings(0.9).training();
        }

        private static DistilSettings settings(double share) {
            return DistilLoopTest.settings(share);
        }
    }

    @Test
    void thePlanCountsTheTeacherWhereItIsAsked() throws IOException {
        MemoryPlan asked = inputs(teacher, 0.9).memory();
        MemoryPlan alone = inputs(teacher, 0).memory();

        assertThat(asked.parts()).containsKeys("frozen", "weights", "moments", "gradients", "activations", "workspace");
        assertThat(alone.parts()).doesNotContainKey("frozen");
        assertThat(alone.bytes()).isLessThan(asked.bytes());
    }
}
