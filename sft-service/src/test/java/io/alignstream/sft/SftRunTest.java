package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingFailedException;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is stopped, killed, damaged, that fails or gets no better; {@link SftLoopTest} has what it learns. */
class SftRunTest {

    private static final SftSettings SETTINGS = TinyInstructions.settings(4, 3);

    /** So high a rate that training fails with it. */
    private static final SftSettings POISONED = TinyInstructions.settings(4, 8, 3, 1.0, ActivationMemory.DEFAULT, null);

    @TempDir
    private static Path base;

    @TempDir
    private Path folder;

    private TinyRuns runs;

    @BeforeAll
    static void writeBase() throws IOException {
        TinyInstructions.writeBase(base);
    }

    @BeforeEach
    void open() {
        runs = new TinyRuns(folder, base);
    }

    @Test
    void aRunThatWasStoppedEndsWithTheSameCheckpointAsAnUndisturbedOne() throws IOException {
        // Given
        Reference undisturbed = undisturbed(SETTINGS).checkpoint();
        Optional<Trainer.Result> stopped =
                runs.trainer("b", SETTINGS, Recorder.until(5)).train();
        Recorder rest = Recorder.toTheEnd();

        // When
        Trainer.Result resumed = runs.trainer("b", SETTINGS, rest).train().orElseThrow();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(rest.steps().getFirst()).isEqualTo(6);
        assertThat(resumed.checkpoint().sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void aRunThatDiedRepeatsTheStepsSinceItsLastCheckpoint() throws IOException {
        // Given
        Reference undisturbed = undisturbed(SETTINGS).checkpoint();
        Recorder dying = Recorder.calling((step, figures) -> {
            if (step == 8) {
                throw new OutOfMemoryError("as if killed");
            }
        });
        Throwable death =
                catchThrowable(() -> runs.trainer("b", SETTINGS, dying).train());
        Recorder rest = Recorder.toTheEnd();

        // When
        Trainer.Result resumed = runs.trainer("b", SETTINGS, rest).train().orElseThrow();

        // Then
        assertThat(death).isInstanceOf(OutOfMemoryError.class);
        assertThat(rest.steps().getFirst()).isEqualTo(7);
        assertThat(resumed.checkpoint().sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void aRunWhoseNewestCheckpointIsDamagedGoesOnFromTheOneBefore() throws IOException {
        // Given
        Reference undisturbed = undisturbed(SETTINGS).checkpoint();
        runs.trainer("b", SETTINGS, Recorder.until(7)).train();
        Path model = runs.newest("b", SETTINGS, "model.safetensors");
        byte[] whole = Files.readAllBytes(model);
        Files.write(model, Arrays.copyOf(whole, (int) (whole.length * 99L / 100)));
        Recorder rest = Recorder.toTheEnd();

        // When
        Trainer.Result resumed = runs.trainer("b", SETTINGS, rest).train().orElseThrow();

        // Then
        assertThat(rest.steps().getFirst()).isEqualTo(7);
        assertThat(resumed.checkpoint().sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void whereverTheNewestCheckpointIsCutTheOneBeforeIsTheNewest() throws IOException {
        // Given
        runs.trainer("b", SETTINGS, Recorder.until(7)).train();
        TrainingRun run = runs.run("b", SETTINGS);
        Path model = runs.newest("b", SETTINGS, "model.safetensors");
        byte[] whole = Files.readAllBytes(model);
        List<Long> newest = new ArrayList<>();

        // When
        for (int i = 0; i < 100; i++) {
            Files.write(model, Arrays.copyOf(whole, (int) ((long) whole.length * i / 100)));
            newest.add(run.newest().orElseThrow().manifest().step());
        }

        // Then
        assertThat(newest).hasSize(100).containsOnly(6L);
    }

    @Test
    void aPoisonedLearningRateIsLoweredUntilTrainingWorks() throws IOException {
        // When
        Map<String, Double> metrics = undisturbed(POISONED).metrics();

        // Then
        assertThat(metrics.get("recoveries")).isBetween(1.0, 3.0);
        assertThat(metrics.get("validationLoss"))
                .isLessThan(0.7 * Objects.requireNonNull(metrics.get("baseValidationLoss")));
    }

    @Test
    void aRunThatHealedAndWasStoppedEndsAsOneThatHealedOnly() throws IOException {
        // Given
        Reference undisturbed = undisturbed(POISONED).checkpoint();
        Optional<Trainer.Result> stopped =
                runs.trainer("b", POISONED, Recorder.until(15)).train();

        // When
        Trainer.Result resumed =
                runs.trainer("b", POISONED, Recorder.toTheEnd()).train().orElseThrow();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(resumed.checkpoint().sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void aRunThatNoLearningRateHealsSaysWhatItTried() throws IOException {
        // Given
        Path broken = folder.resolve("broken");
        Files.createDirectories(broken);
        try (Transformer model = Transformer.load(base)) {
            Tokenizer tokenizer = Tokenizer.load(base);
            model.config().save(broken, new int[] {tokenizer.endOfDocument()}, tokenizer.pad());
            tokenizer.save(broken);
            Map<String, Tensor> tensors = new LinkedHashMap<>(model.tensors());
            float[] norm = new float[model.config().width()];
            Arrays.fill(norm, Float.NaN);
            tensors.put("model.norm.weight", Tensor.of(norm, norm.length));
            Safetensors.write(broken.resolve("model.safetensors"), tensors, Map.of());
        }
        Trainer trainer = new TinyRuns(folder, broken).trainer("a", SETTINGS, Recorder.toTheEnd());

        // When, then
        assertThatThrownBy(trainer::train)
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("step 1 failed: loss NaN")
                .hasMessageContaining("at learning rate")
                .hasMessageContaining("went back 3 times without success");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "4"})
    void withPatienceTheModelWithTheLeastHeldOutLossIsPublished(String rank) throws IOException {
        // Given
        SftSettings patient = patient(rank, 2);
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = runs.trainer("a", patient, recorder).train().orElseThrow();

        // Then: the weights are those of a run without patience that was stopped there
        double best = Objects.requireNonNull(result.metrics().get("bestStep"));
        assertThat((double) result.step()).isEqualTo(best + 2);
        assertThat(recorder.figures())
                .extracting(figures -> figures.get("validationLoss"))
                .allSatisfy(loss ->
                        assertThat(loss).isGreaterThanOrEqualTo(result.metrics().get("validationLoss")));
        SftSettings endless = patient(rank, 0);
        runs.trainer("b", endless, Recorder.until((long) best)).train();
        for (String file : rank.equals("0")
                ? List.of("model.safetensors")
                : List.of("model.safetensors", "adapter_model.safetensors")) {
            assertThat(runs.newest("a", patient, file)).hasSameBinaryContentAs(runs.newest("b", endless, file));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "4"})
    void theBestModelOutlivesAStop(String rank) throws IOException {
        // Given: stopped when a worse evaluation has followed the best
        SftSettings patient = patient(rank, 2);
        Trainer.Result undisturbed = undisturbed(patient);
        runs.trainer("b", patient, Recorder.until(undisturbed.step() - 1)).train();

        // When
        Trainer.Result resumed =
                runs.trainer("b", patient, Recorder.toTheEnd()).train().orElseThrow();

        // Then
        assertThat(resumed.metrics()).containsKey("bestStep");
        assertThat(resumed.checkpoint().sha256())
                .isEqualTo(undisturbed.checkpoint().sha256());
    }

    private Trainer.Result undisturbed(SftSettings settings) throws IOException {
        return runs.trainer("a", settings, Recorder.toTheEnd()).train().orElseThrow();
    }

    /** At a rate with which the model soon gets worse, judged after each step. */
    private static SftSettings patient(String rank, int patience) {
        return TinyInstructions.configured(Map.of(
                "alignstream.sft.lora.rank", rank,
                "alignstream.sft.patience", Integer.toString(patience),
                "alignstream.sft.validate-every", "1",
                "alignstream.sft.held-out-share", "0.2",
                "alignstream.sft.batch-instructions", "8",
                "alignstream.sft.epochs", "40",
                "alignstream.sft.learning-rate", "0.03"));
    }
}
