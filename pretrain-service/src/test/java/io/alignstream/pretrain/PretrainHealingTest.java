package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.pretrain.data.Validation;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingFailedException;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training that fails goes back, and gives up when that does not help. */
class PretrainHealingTest {

    private static final Tokenizer TOKENIZER = TinyText.tokenizer();
    private static final List<int[]> VALIDATION = TinyText.sequences(TOKENIZER, 1_000, 8);

    @TempDir
    private Path folder;

    private final Recorder recorder = Recorder.toTheEnd();
    private final List<HealingEvent> healed = recorder.healed();
    private final List<Map<String, Double>> steps = recorder.figures();

    @Test
    void aPoisonedLearningRateIsLoweredUntilTrainingWorks() throws IOException {
        // Given
        PretrainSettings settings = settings(120, 1.0, 0, 8);

        // When
        Trainer.Result result = trainer("a", settings, TinyText.sequences(TOKENIZER, 0, 50), VALIDATION)
                .train()
                .orElseThrow();

        // Then
        assertThat(healed).isNotEmpty();
        assertThat(healed.getLast().learningRateScale()).isLessThan(0.5);
        assertThat(result.metrics().get("recoveries")).isEqualTo(healed.size());
        assertThat(result.metrics().get("loss"))
                .isLessThan(0.5 * steps.getFirst().get("loss"));
    }

    @Test
    void aPoisonedWindowIsSkippedAndNothingElse() throws IOException {
        // Given
        List<int[]> sequences = new ArrayList<>(TinyText.sequences(TOKENIZER, 0, 160));
        poison(sequences, 128, 132, TOKENIZER.pad());

        // When
        Trainer.Result result = trainer("a", settings(60, 3e-3, 0, 8), sequences, VALIDATION)
                .train()
                .orElseThrow();

        // Then
        assertThat(healed).singleElement().satisfies(event -> {
            assertThat(event.step()).isEqualTo(33);
            assertThat(event.backTo()).isEqualTo(30);
            assertThat(event.skipped()).isEqualTo(4);
            assertThat(event.learningRateScale()).isEqualTo(1);
            assertThat(Messages.english(event.reason())).contains("loss NaN", "skipping 4 sequences");
        });
        assertThat(result.step()).isEqualTo(60);
        assertThat(steps).extracting(metrics -> metrics.get("loss")).allMatch(Double::isFinite);
    }

    @Test
    void noiseAmongTheTextIsASpikeAndIsSkipped() throws IOException {
        // Given
        List<int[]> sequences = new ArrayList<>(TinyText.sequences(TOKENIZER, 0, 400));
        Random random = new Random(5);
        for (int i = 300; i < 304; i++) {
            sequences.set(
                    i,
                    random.ints(TinyText.LENGTH, 20, TOKENIZER.vocabularySize()).toArray());
        }

        // When
        trainer("a", settings(90, 3e-3, 0, 8), sequences, VALIDATION).train();

        // Then
        assertThat(healed).singleElement().satisfies(event -> {
            assertThat(event.step()).isEqualTo(76);
            assertThat(Messages.english(event.reason())).contains("after an average of");
        });
    }

    @Test
    void aRunThatDoesNotHealSaysWhatItTried() {
        // Given
        List<int[]> nothing = new ArrayList<>(TinyText.sequences(TOKENIZER, 0, 50));
        poison(nothing, 20, 50, TOKENIZER.pad());

        // When
        Trainer trainer = trainer("a", settings(30, 3e-3, 0, 3), nothing, List.of());

        // Then
        assertThatThrownBy(trainer::train)
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("step 6 failed: loss NaN")
                .hasMessageContaining("went back 3 times without success")
                .hasMessageContaining("lower the learning rate");
        assertThat(healed).hasSize(3);
        assertThat(healed.getLast().learningRateScale()).isEqualTo(0.3 * 0.3);
    }

    @Test
    void memorisingEndsEarlyAndTheBestModelIsPublished() throws IOException {
        // Given
        List<int[]> few = TinyText.sequences(TOKENIZER, 0, 4);
        List<int[]> others = new ArrayList<>();
        Random random = new Random(1);
        for (int i = 0; i < 8; i++) {
            others.add(
                    random.ints(TinyText.LENGTH, 6, TOKENIZER.vocabularySize()).toArray());
        }

        // When
        Trainer.Result result =
                trainer("a", settings(400, 3e-3, 3, 8), few, others).train().orElseThrow();

        // Then
        double best = steps.stream()
                .flatMap(metrics -> Optional.ofNullable(metrics.get("validationBitsPerByte")).stream())
                .min(Double::compare)
                .orElseThrow();
        assertThat(result.step()).isLessThan(400);
        assertThat(result.metrics()).containsEntry("validationBitsPerByte", best);
        assertThat(result.metrics().get("bestStep")).isLessThan(result.step());
        assertThat(steps.getLast().get("generalisationGap")).isPositive();
        try (CheckpointStore store = store("a")) {
            StoredCheckpoint published = store.open(result.checkpoint());
            try (var model = io.alignstream.languagemodel.network.Transformer.load(published.folder())) {
                assertThat(new Validation(others, TOKENIZER, 4).bitsPerByte(model))
                        .hasValue(best);
            }
        }
    }

    @Test
    void aLaterRunContinuesTheTrunkOnNewData() throws IOException {
        // Given
        List<int[]> all = TinyText.sequences(TOKENIZER, 0, 120);
        PretrainSettings settings = settings(30, 3e-3, 0, 8);
        Trainer.Result first =
                trainer("a", settings, all.subList(0, 100), VALIDATION).train().orElseThrow();
        double untrained = steps.getFirst().get("loss");
        steps.clear();

        // When
        Trainer.Result second;
        try (CheckpointStore store = store("a")) {
            second = trainer("b", settings, all, VALIDATION, Optional.of(store.open(first.checkpoint())))
                    .train()
                    .orElseThrow();
        }

        // Then
        assertThat(steps.getFirst().get("loss")).isLessThan(0.6 * untrained);
        assertThat(steps.getFirst().get("learningRate")).isEqualTo(3e-3);
        assertThat(steps.getLast().get("learningRate")).isLessThan(3e-3);
        // 22 steps of 4 sequences made the first trunk; 32 sequences are left, 8 steps, and the decay's 3.
        assertThat(second.step()).isEqualTo(10);
        assertThat(second.metrics().get("validationBitsPerByte"))
                .isLessThan(first.metrics().get("validationBitsPerByte") * 1.05);
    }

    private static void poison(List<int[]> sequences, int from, int to, int token) {
        for (int i = from; i < to; i++) {
            int[] poisoned = new int[TinyText.LENGTH];
            Arrays.fill(poisoned, token);
            sequences.set(i, poisoned);
        }
    }

    private static PretrainSettings settings(long steps, double learningRate, int patience, int recoveries) {
        PretrainSettings usual = TinyText.settings(steps, 10, Duration.ofHours(1));
        return new PretrainSettings(
                usual.network(),
                new PretrainSettings.Batches(4, ActivationMemory.DEFAULT, 1),
                new Schedule(steps, 1, learningRate, 0.1, 0.3, 3, 0.1),
                // AdamW: Muon's steps have the same size whatever the gradient, and bear a learning rate of 1 here.
                new PretrainSettings.Optimiser(0.1, 0.95, 1, 0, Precision.FLOAT32),
                new PretrainSettings.Holdout(8, 10),
                2,
                new Trainer.Settings(usual.training().saving(), new Trainer.Healing(recoveries, 0.3), patience),
                1);
    }

    private Trainer trainer(String store, PretrainSettings settings, List<int[]> training, List<int[]> validation) {
        return trainer(store, settings, training, validation, Optional.empty());
    }

    private Trainer trainer(
            String store,
            PretrainSettings settings,
            List<int[]> training,
            List<int[]> validation,
            Optional<StoredCheckpoint> previous) {
        return new Trainer(
                new TrainingRuns(store(store), Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                new PretrainLoop.Inputs(settings, TOKENIZER, SequenceSource.of(training), validation, previous),
                settings.training(),
                recorder);
    }

    private CheckpointStore store(String name) {
        try {
            return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
