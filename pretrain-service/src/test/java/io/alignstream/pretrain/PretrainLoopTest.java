package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.pretrain.sweep.RunFile;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingFailedException;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.samples.Sample;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainLoopTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Tokenizer TOKENIZER = TinyText.tokenizer();
    private static final List<int[]> TRAINING = TinyText.sequences(TOKENIZER, 0, 50);
    private static final List<int[]> VALIDATION = TinyText.sequences(TOKENIZER, 1_000, 8);

    @TempDir
    private Path folder;

    @Test
    void learnsAndWritesACompleteHuggingFaceFolder() throws IOException {
        // Given
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = trainer("a", TinyText.settings(40, 1_000, HOUR), recorder)
                .train()
                .orElseThrow();

        // Then
        assertThat(recorder.last("loss")).isLessThan(0.8 * recorder.first("loss"));
        assertThat(recorder.last("modelFlopsUtilisation"))
                .isBetween(1e-6, 1.5); // of so small a network next to nothing
        assertThat(recorder.last("validationBitsPerByte"))
                .isLessThan(recorder.figures().get(9).get("validationBitsPerByte"));
        try (CheckpointStore store = store("a")) {
            StoredCheckpoint checkpoint = store.open(result.checkpoint());
            assertThat(checkpoint.manifest().complete()).isTrue();
            assertThat(checkpoint.manifest().files().keySet())
                    .containsExactlyInAnyOrder(
                            "config.json",
                            "generation_config.json",
                            "model.safetensors",
                            "tokenizer.json",
                            "tokenizer_config.json",
                            "training-state.json",
                            "training-state.safetensors");
            assertThat(checkpoint.manifest().metrics())
                    .containsKeys("loss", "validationBitsPerByte")
                    .doesNotContainKeys("tokensPerSecond", "modelFlopsUtilisation");
            assertThat(Tokenizer.load(checkpoint.folder()).sha256()).isEqualTo(TOKENIZER.sha256());
            try (Transformer model = Transformer.load(checkpoint.folder())) {
                assertThat(model.config().layers()).isEqualTo(2);
            }
        }
    }

    @Test
    void every_figure_has_a_name_in_every_language() throws IOException {
        // Given
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = trainer("a", TinyText.settings(40, 1_000, HOUR), recorder)
                .train()
                .orElseThrow();

        // Then
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
        assertThat(recorder.figures()).isNotEmpty();
    }

    @Test
    void theConfiguredPrecisionReachesTheSteps() throws IOException {
        // Given
        Recorder full = Recorder.until(2);
        Recorder half = Recorder.until(2);

        // When
        trainer("full", configured("float32"), full).train();
        trainer("half", configured("bfloat16"), half).train();

        // Then: rounded activations, nothing else
        assertThat(half.first("loss")).isNotEqualTo(full.first("loss")).isCloseTo(full.first("loss"), within(0.05));
        assertThat(configured("bfloat16").hyperparameters()).containsEntry("precision", "bfloat16");
        assertThatThrownBy(() -> configured("fp8")).hasMessageContaining("fp8");
    }

    private static PretrainSettings configured(String precision) {
        return new RunFile(Map.of(
                        "alignstream.pretrain.layers",
                        "1",
                        "alignstream.pretrain.width",
                        "32",
                        "alignstream.pretrain.batch-sequences",
                        "4",
                        "alignstream.pretrain.precision",
                        precision))
                .settings();
    }

    @Test
    void aRunThatWasStoppedEndsWithTheSameCheckpointAsAnUndisturbedOne() throws IOException {
        // Given
        PretrainSettings settings = TinyText.settings(30, 7, HOUR);
        Reference undisturbed = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // When
        Optional<Trainer.Result> stopped =
                trainer("b", settings, Recorder.until(13)).train();
        Recorder rest = Recorder.toTheEnd();
        Reference resumed = trainer("b", settings, rest).train().orElseThrow().checkpoint();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(rest.steps().getFirst()).isEqualTo(14);
        assertThat(model("b", resumed)).isEqualTo(model("a", undisturbed));
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void aRunThatDiedRepeatsTheStepsSinceItsLastCheckpoint() throws IOException {
        // Given
        PretrainSettings settings = TinyText.settings(30, 7, HOUR);
        Reference undisturbed = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();
        Recorder dying = Recorder.calling((step, figures) -> {
            if (step == 18) {
                throw new OutOfMemoryError("as if killed");
            }
        });
        Throwable death = catchThrowable(() -> trainer("b", settings, dying).train());

        // When
        Recorder rest = Recorder.toTheEnd();
        Reference resumed = trainer("b", settings, rest).train().orElseThrow().checkpoint();

        // Then
        assertThat(death).isInstanceOf(OutOfMemoryError.class);
        assertThat(rest.steps().getFirst()).isEqualTo(15);
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void checkpointsByTheClockChangeNothing() throws IOException {
        // Given
        Reference withoutClock = trainer("a", TinyText.settings(8, 100, HOUR), Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();
        List<Long> unfinished = new ArrayList<>();
        Recorder slow = Recorder.calling((step, figures) -> {
            long until = System.nanoTime() + Duration.ofMillis(350).toNanos();
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
        });

        // When
        Reference withClock = trainer("b", TinyText.settings(8, 100, Duration.ofSeconds(1)), slow)
                .train()
                .orElseThrow()
                .checkpoint();

        // Then
        try (CheckpointStore store = store("b")) {
            String run = store.runs(Stage.PRETRAIN).getFirst();
            store.manifests(Stage.PRETRAIN, run).values().stream()
                    .filter(manifest -> !manifest.complete())
                    .forEach(manifest -> unfinished.add(manifest.step()));
        }
        assertThat(unfinished).anyMatch(step -> step > 0);
        assertThat(withClock.sha256()).isEqualTo(withoutClock.sha256());
    }

    @Test
    void aBatchInPartsLearnsTheSameUpToRounding() throws IOException {
        // Given
        PretrainSettings whole = TinyText.settings(12, 100, HOUR);
        PretrainSettings parts = new PretrainSettings(
                whole.network(),
                new PretrainSettings.Batches(4, new ActivationMemory(1, false), 16),
                whole.schedule(),
                whole.optimiser(),
                whole.holdout(),
                whole.spikeFactor(),
                whole.training(),
                whole.seed());
        Recorder expected = Recorder.toTheEnd();
        Recorder actual = Recorder.toTheEnd();

        // When
        trainer("a", whole, expected).train();
        trainer("b", parts, actual).train();

        // Then
        for (int step = 0; step < 12; step++) {
            assertThat(actual.figures().get(step).get("loss"))
                    .isCloseTo(expected.figures().get(step).get("loss"), within(1e-3));
        }
    }

    @Test
    void whatIsShownOfItsWritingChangesNoWeights() throws IOException {
        // Given
        PretrainSettings settings = TinyText.settings(30, 7, HOUR);
        Reference silent = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();
        List<Sample> written = new ArrayList<>();
        Recorder recorder = Recorder.toTheEnd();
        Monitor listening = new Monitor() {
            @Override
            public boolean stopRequested() {
                return recorder.stopRequested();
            }

            @Override
            public void sampled(Sample sample) {
                written.add(sample);
            }

            @Override
            public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
                recorder.progress(phase, step, totalSteps, figures);
            }

            @Override
            public void healed(HealingEvent event) {
                recorder.healed(event);
            }
        };

        // When
        Reference shown = new Trainer(
                        run("b", settings),
                        new PretrainLoop.Inputs(
                                settings, TOKENIZER, SequenceSource.of(TRAINING), VALIDATION, Optional.empty()),
                        settings.training(),
                        new SampleSettings(5, 4, List.of()),
                        listening)
                .train()
                .orElseThrow()
                .checkpoint();

        // Then
        assertThat(model("b", shown)).isEqualTo(model("a", silent));
        assertThat(written).extracting(Sample::step).containsExactly(0L, 6L, 12L, 18L, 24L, 30L);
        assertThat(written.getFirst().texts()).isNotEmpty();
        assertThat(written.getLast()).isNotEqualTo(written.getFirst());
    }

    @Test
    void aFinishedRunIsNotTrainedAgain() throws IOException {
        // Given
        PretrainSettings settings = TinyText.settings(3, 100, HOUR);
        Trainer.Result first =
                trainer("a", settings, Recorder.toTheEnd()).train().orElseThrow();

        // When
        Recorder second = Recorder.toTheEnd();
        Trainer.Result again = trainer("a", settings, second).train().orElseThrow();

        // Then
        assertThat(again).isEqualTo(first);
        assertThat(second.steps()).isEmpty();
    }

    @Test
    void keepsTheTwoNewestUnfinishedCheckpointsAndThoseToGoBackTo() throws IOException {
        // When
        trainer("a", TinyText.settings(10, 2, HOUR), Recorder.until(9)).train();

        // Then
        try (CheckpointStore store = store("a")) {
            String run = store.runs(Stage.PRETRAIN).getFirst();
            assertThat(store.manifests(Stage.PRETRAIN, run).values())
                    .extracting(Manifest::step)
                    .containsExactly(9L, 8L, 6L);
        }
    }

    @Test
    void lossThatIsNoNumberFailsTheRun() {
        // Given
        PretrainSettings settings = TinyText.settings(3, 100, HOUR);
        List<int[]> nothingToPredict = List.of(new int[] {TOKENIZER.pad(), TOKENIZER.pad()});

        // When
        Trainer trainer = new Trainer(
                run("a", settings),
                new PretrainLoop.Inputs(
                        settings, TOKENIZER, SequenceSource.of(nothingToPredict), List.of(), Optional.empty()),
                settings.training(),
                Recorder.toTheEnd());

        // Then
        assertThatThrownBy(trainer::train)
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("step 1 failed: loss NaN")
                .hasMessageContaining("went back 8 times without success")
                .hasMessageContaining("lower the learning rate");
    }

    private Trainer trainer(String store, PretrainSettings settings, Recorder recorder) {
        return new Trainer(
                run(store, settings),
                new PretrainLoop.Inputs(settings, TOKENIZER, SequenceSource.of(TRAINING), VALIDATION, Optional.empty()),
                settings.training(),
                recorder);
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

    private byte[] model(String store, Reference checkpoint) throws IOException {
        try (CheckpointStore opened = store(store)) {
            return Files.readAllBytes(opened.open(checkpoint).folder().resolve("model.safetensors"));
        }
    }
}
