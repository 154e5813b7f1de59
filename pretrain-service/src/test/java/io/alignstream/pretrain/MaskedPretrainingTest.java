package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that learns to fill blanks. */
class MaskedPretrainingTest {

    private static final Tokenizer TOKENIZER = TinyText.tokenizer().withMask();
    private static final List<int[]> TRAINING = TinyText.sequences(TOKENIZER, 0, 200);
    private static final List<int[]> VALIDATION = TinyText.sequences(TOKENIZER, 1_000, 32);

    @TempDir
    private Path folder;

    private static PretrainSettings settings(long steps) {
        PretrainSettings usual = TinyText.settings(steps, 1_000, Duration.ofHours(1));
        return new PretrainSettings(
                usual.network(),
                new PretrainSettings.Batches(16, usual.batches().memory(), 64),
                new Schedule(steps, 1, 1e-2, 0.1, 0.3, 2, 0.1),
                usual.optimiser(),
                usual.holdout(),
                usual.spikeFactor(),
                new Trainer.Settings(usual.training().saving(), usual.training().healing(), 0),
                usual.seed(),
                PretrainingObjective.MASKED);
    }

    @Test
    void finds_hidden_tokens_better_than_their_frequency_does() throws IOException {
        // Given
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = trainer("a", settings(300), recorder).train().orElseThrow();

        // Then
        assertThat(result.metrics().get("validationMaskedAccuracy"))
                .isGreaterThan(2 * result.metrics().get("validationUnigramAccuracy"))
                .isGreaterThan(0.5);
        assertThat(recorder.last("validationBitsPerMaskedToken"))
                .isLessThan(0.5 * recorder.figures().get(9).get("validationBitsPerMaskedToken"));
        assertThat(result.metrics()).doesNotContainKeys("validationBitsPerByte", "trainingBitsPerByte");
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
    }

    @Test
    void what_stands_behind_a_blank_decides() throws IOException {
        // Given: each sight belongs to one city
        Trainer.Result result =
                trainer("a", settings(300), Recorder.toTheEnd()).train().orElseThrow();
        try (CheckpointStore store = store("a")) {
            StoredCheckpoint checkpoint = store.open(result.checkpoint());
            Tokenizer tokenizer = Tokenizer.load(checkpoint.folder());
            int[] sentence = tokenizer.encode("西安必去景点是兵马俑，第");
            int hidden = sentence[0];
            sentence[0] = tokenizer.mask().orElseThrow();
            try (Transformer model = Transformer.load(checkpoint.folder())) {
                // When
                float[] logits = model.logits(sentence)[0];

                // Then: nothing stands before it
                int best = IntStream.range(0, logits.length)
                        .reduce((one, other) -> logits[other] > logits[one] ? other : one)
                        .orElseThrow();
                assertThat(tokenizer.name(best)).isEqualTo(tokenizer.name(hidden));
                assertThat(model.config().vocabularySize())
                        .isEqualTo(TinyText.tokenizer().vocabularySize() + 1);
                assertThat(tokenizer.sha256()).isEqualTo(TOKENIZER.sha256());
            }
        }
    }

    @Test
    void a_run_that_was_stopped_ends_with_the_same_checkpoint() throws IOException {
        // Given
        String undisturbed = trainer("a", settings(30), Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint()
                .sha256();

        // When
        Optional<Trainer.Result> stopped =
                trainer("b", settings(30), Recorder.until(13)).train();
        String resumed = trainer("b", settings(30), Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint()
                .sha256();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(resumed).isEqualTo(undisturbed);
    }

    @Test
    void it_is_another_run_than_the_one_that_goes_on_with_texts() {
        // Given
        PretrainSettings usual = TinyText.settings(30, 40, Duration.ofHours(1));

        // When
        PretrainSettings masked = usual.learning(PretrainingObjective.MASKED);

        // Then: and runs of before stay what they are
        assertThat(masked.hyperparameters()).containsEntry("objective", "masked");
        assertThat(usual.hyperparameters()).doesNotContainKey("objective");
    }

    @Test
    void it_writes_no_samples() {
        // Given
        SampleSettings wanted = new SampleSettings(4, 4, List.of("成都"));

        // When
        // Then
        assertThat(inputs(settings(4)).sampleWriter(wanted)).isEmpty();
    }

    private Trainer trainer(String store, PretrainSettings settings, Recorder recorder) {
        return new Trainer(run(store, settings), inputs(settings), settings.training(), recorder);
    }

    private static PretrainLoop.Inputs inputs(PretrainSettings settings) {
        return new PretrainLoop.Inputs(settings, TOKENIZER, SequenceSource.of(TRAINING), VALIDATION, Optional.empty());
    }

    private TrainingRun run(String store, PretrainSettings settings) {
        return new TrainingRuns(store(store), Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters());
    }

    private CheckpointStore store(String name) {
        try {
            return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
