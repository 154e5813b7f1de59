package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.effort.Effort;
import io.alignstream.training.effort.EffortLog;
import io.alignstream.training.samples.Sample;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.samples.SampleWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the trainer does with any loop; the loop here adds its learning rate to one number. */
class TrainerTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(300).train(Stream.of("a"));
    private static final TransformerConfig SHAPE = TransformerConfig.of(300, 1, 32, 8);
    private static final SampleSettings WRITING = new SampleSettings(5, 2, List.of("a"));
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    private Path folder;

    private CheckpointStore store;
    private final List<Double> rates = new ArrayList<>();
    private final List<HealingEvent> healed = new ArrayList<>();
    /** Trouble by step; each befalls once for each learning rate that is not low enough. */
    private LongFunction<Optional<Trouble>> trouble = step -> Optional.empty();

    private LongToDoubleFunction judgement = step -> Double.NaN;

    private SampleSettings samples = SampleSettings.NONE;
    /** What the last run that was trained has written. */
    private final List<Sample> written = new ArrayList<>();

    private final List<Long> heard = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void savesByPlanAndKeepsTheFinishedModel() throws IOException {
        // When
        Trainer.Result result = train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(result.step()).isEqualTo(10);
        assertThat(result.metrics()).containsEntry("value", 10.0).containsEntry("finished", 1.0);
        assertThat(manifests()).extracting(Manifest::step).containsExactly(10L, 9L, 6L);
        assertThat(manifests().getFirst().complete()).isTrue();
    }

    @Test
    void whatARunHasTakenIsKnownBesideItsCheckpoints() throws IOException {
        // Given
        EffortLog log = new EffortLog(store, Stage.SFT, run().id());
        train(settings(3, NEVER, 0), 5);
        Effort stopped = log.sum();

        // When
        train(settings(3, NEVER, 0), Long.MAX_VALUE);

        // Then: no manifest says anything of it
        assertThat(stopped.seconds()).isPositive();
        assertThat(log.sum().seconds()).isGreaterThan(stopped.seconds());
        assertThat(log.sum().processorSeconds())
                .isGreaterThanOrEqualTo(log.sum().seconds());
        assertThat(manifests())
                .allSatisfy(manifest -> assertThat(manifest.metrics()).doesNotContainKey("seconds"));
    }

    @Test
    void savesByTheClock() throws IOException {
        // When
        train(settings(1_000, Duration.ofSeconds(1), 0), Long.MAX_VALUE, 400);

        // Then: besides the finished model and the anchor at the beginning
        assertThat(manifests()).hasSizeGreaterThan(2);
    }

    @Test
    void aStoreThatIsFullStopsTheRunWhichGoesOnWhenThereIsRoom() throws IOException {
        // Given: room for the beginning and the first checkpoint
        CheckpointStore roomy = store;
        store = CheckpointStore.open(folder.toUri(), folder, new Capacity(2 * oneCheckpoint() + 5_000), 0);

        // When
        Throwable refusal = catchThrowable(() -> train(settings(2, NEVER, 0), Long.MAX_VALUE));

        // Then
        assertThat(refusal)
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("quota")
                .hasMessageContaining("alignstream.store.quota-mebibytes");
        assertThat(manifests()).extracting(Manifest::step).containsExactly(2L, 0L);
        store.close();
        store = roomy;
        rates.clear();
        assertThat(train(settings(2, NEVER, 0), Long.MAX_VALUE)).isPresent();
        assertThat(rates).hasSize(8);
    }

    /** Bytes of a checkpoint of such a run. */
    private long oneCheckpoint() throws IOException {
        try (CheckpointStore other =
                CheckpointStore.open(folder.resolveSibling("other").toUri(), folder)) {
            CheckpointStore own = store;
            store = other;
            train(settings(1_000, NEVER, 0), 1);
            store = own;
            return other.manifests(Stage.SFT, run().id()).firstEntry().getKey().size();
        }
    }

    @Test
    void stopsWithItsStateStoredAndGoesOnFromThere() throws IOException {
        // Given
        Optional<Trainer.Result> stopped = train(settings(1_000, NEVER, 0), 4);
        rates.clear();

        // When
        Trainer.Result result = train(settings(1_000, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(rates).hasSize(6);
        assertThat(result.metrics()).containsEntry("value", 10.0);
    }

    @Test
    void whatAnOlderVersionLeftUnfinishedIsTrainedAgain() throws IOException {
        // Given
        train(settings(1_000, NEVER, 0), 4);
        TrainingRun old = run();
        old.claim();
        old.save(5, false, Map.of(), Map.of(), Map.of(), Set.of(), folder -> ModelFiles.of(
                        SHAPE, TOKENIZER, new int[] {TOKENIZER.endOfTurn()}, new LinkedHashMap<>())
                .write(folder));
        rates.clear();

        // When
        Trainer.Result result = train(settings(1_000, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(rates).hasSize(10);
        assertThat(result.metrics()).containsEntry("value", 10.0);
    }

    @Test
    void aFinishedRunIsNotTrainedAgain() throws IOException {
        // Given
        Trainer.Result first = train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();
        rates.clear();

        // When
        Trainer.Result again = train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(again).isEqualTo(first);
        assertThat(rates).isEmpty();
    }

    @Test
    void goesBackWithALowerRateWhenAStepFails() throws IOException {
        // Given: the fifth step fails with the full rate
        trouble = step -> step == 5 && rates.getLast() == 1.0
                ? Optional.of(Trouble.of(Reason.verbatim("too much")))
                : Optional.empty();

        // When
        Trainer.Result result = train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then: three steps with rate 1, seven with 0.5
        assertThat(result.metrics()).containsEntry("value", 6.5);
        assertThat(healed).singleElement().satisfies(event -> {
            assertThat(event.step()).isEqualTo(5);
            assertThat(event.backTo()).isEqualTo(3);
            assertThat(event.problem()).isEqualTo(Reason.verbatim("too much"));
        });
    }

    @Test
    void aRunThatStartsAgainRemembersWhyWhereverItIsKilled() throws IOException {
        // Given
        trouble = step -> step == 5 && rates.getLast() > 0.3
                ? Optional.of(Trouble.fromStart(Reason.verbatim("useless")))
                : Optional.empty();
        Optional<Trainer.Result> stopped =
                train(settings(3, NEVER, 0), 11); // 5 + 5 steps that failed, one of the third

        // When
        Trainer.Result result = train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(result.metrics()).containsEntry("value", 2.5);
    }

    @Test
    void givesUpAfterAsManyRecoveriesAsConfigured() {
        // Given
        trouble = step -> step == 5 ? Optional.of(Trouble.of(Reason.verbatim("always"))) : Optional.empty();

        // When, then
        assertThatThrownBy(() -> train(settings(3, NEVER, 0), Long.MAX_VALUE))
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("went back 2 times")
                .hasMessageContaining("always");
    }

    @Test
    void endsWhenItGetsNoBetterAndPublishesTheBestModel() throws IOException {
        // Given: best at step 3, then two evaluations that are worse
        judgement = step -> Math.abs(step - 3);

        // When
        Trainer.Result result = train(settings(4, NEVER, 2), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(result.step()).isEqualTo(5);
        assertThat(result.metrics()).containsEntry("value", 3.0).containsEntry("bestStep", 3.0);
    }

    @Test
    void theBestModelOutlivesAKill() throws IOException {
        // Given
        judgement = step -> Math.abs(step - 3);
        train(settings(4, NEVER, 2), 4);

        // When
        Trainer.Result result = train(settings(4, NEVER, 2), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(result.metrics()).containsEntry("value", 3.0).containsEntry("bestStep", 3.0);
    }

    @Test
    void aTwinThatWakesUpLeavesTheRunToItsSuccessor() throws IOException {
        // Given: while the run takes its fifth step, another process takes it over and brings it to its end
        List<Trainer.Result> successors = new ArrayList<>();
        trouble = step -> {
            if (step == 5 && successors.isEmpty()) {
                trouble = ignored -> Optional.empty();
                successors.add(trainUnchecked());
            }
            return Optional.empty();
        };

        // When
        assertThatThrownBy(() -> train(settings(3, NEVER, 0), Long.MAX_VALUE))
                // Then
                .isInstanceOf(LeaseLostException.class);
        assertThat(successors.getFirst().metrics()).containsEntry("value", 10.0);
        assertThat(Trainer.finished(run())).contains(successors.getFirst());
        assertThat(manifests()).extracting(Manifest::step).containsExactly(10L, 9L, 6L);
    }

    @Test
    void whoLostARunTakesItBackOnlyFromAnOwnerThatIsSilent() throws IOException {
        // Given
        AtomicLong now = new AtomicLong();
        LostRuns lost = new LostRuns(now::get);
        Lease former = store.claim(Stage.SFT, "run");
        Lease owner = store.claim(Stage.SFT, "run");
        lost.lost(store, former);

        // When: the owner lives, then it does not
        now.addAndGet(LeaseLostException.SILENCE.toNanos());
        store.renew(owner);
        assertThatThrownBy(() -> lost.claim(store, Stage.SFT, "run")).isInstanceOf(LeaseLostException.class);
        now.addAndGet(LeaseLostException.SILENCE.toNanos() - 1);
        assertThatThrownBy(() -> lost.claim(store, Stage.SFT, "run")).isInstanceOf(LeaseLostException.class);
        now.addAndGet(1);

        // Then
        assertThat(lost.claim(store, Stage.SFT, "run").epoch()).isGreaterThan(owner.epoch());
    }

    @Test
    void theModelWritesAtItsBeginningAndEvenlyOnItsWay() throws IOException {
        // Given
        samples = WRITING;

        // When
        train(settings(3, NEVER, 0), Long.MAX_VALUE);

        // Then
        assertThat(written).extracting(Sample::step).containsExactly(0L, 2L, 4L, 6L, 8L, 10L);
        assertThat(written).allSatisfy(sample -> assertThat(sample.texts()).hasSize(1));
    }

    @Test
    void whatWasUndoneIsWrittenAgain() throws IOException {
        // Given: the fifth step fails with the full rate, so the fourth is taken again
        samples = WRITING;
        trouble = step -> step == 5 && rates.getLast() == 1.0
                ? Optional.of(Trouble.of(Reason.verbatim("too much")))
                : Optional.empty();
        train(settings(3, NEVER, 0), 4);

        // When
        train(settings(3, NEVER, 0), Long.MAX_VALUE);

        // Then
        assertThat(heard).containsExactly(0L, 2L, 4L, 4L, 6L, 8L, 10L);
        assertThat(written).extracting(Sample::step).containsExactly(0L, 2L, 4L, 6L, 8L, 10L);
    }

    @Test
    void aRunThatEndsEarlyWritesOnceMore() throws IOException {
        // Given
        samples = WRITING;
        judgement = step -> Math.abs(step - 3);

        // When
        train(settings(4, NEVER, 2), Long.MAX_VALUE);

        // Then
        assertThat(written).extracting(Sample::step).containsExactly(0L, 2L, 4L, 5L);
    }

    private Trainer.Result trainUnchecked() {
        try {
            return train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void figuresThatAreNoNumbersDoNotStopACheckpoint() throws IOException {
        // Given
        judgement = step -> Double.POSITIVE_INFINITY;

        // When
        Trainer.Result result = train(settings(3, NEVER, 0), Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(manifests())
                .allSatisfy(manifest -> assertThat(manifest.metrics()).doesNotContainKey("judgement"));
        assertThat(result.step()).isEqualTo(10);
    }

    private List<Manifest> manifests() throws IOException {
        return List.copyOf(store.manifests(Stage.SFT, run().id()).values());
    }

    private TrainingRun run() {
        return new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), Map.of());
    }

    private static Trainer.Settings settings(long every, Duration interval, int patience) {
        return new Trainer.Settings(new Trainer.Saving(every, interval), new Trainer.Healing(2, 0.5), patience);
    }

    private Optional<Trainer.Result> train(Trainer.Settings settings, long steps) throws IOException {
        return train(settings, steps, 0);
    }

    private Optional<Trainer.Result> train(Trainer.Settings settings, long steps, long millis) throws IOException {
        long[] left = {steps};
        Monitor monitor = new Monitor() {
            @Override
            public boolean stopRequested() {
                return left[0]-- == 0;
            }

            @Override
            public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
                assertThat(figures).containsKey("unitsPerSecond");
            }

            @Override
            public void healed(HealingEvent event) {
                healed.add(event);
            }

            @Override
            public void sampled(Sample sample) {
                written.removeIf(earlier -> earlier.step() >= sample.step());
                written.add(sample);
                heard.add(sample.step());
            }
        };
        return new Trainer(run(), new CountingInputs(millis), settings, samples, monitor).train();
    }

    private final class CountingInputs implements TrainingLoop.Inputs {

        private final long millis;

        CountingInputs(long millis) {
            this.millis = millis;
        }

        @Override
        public Optional<SampleWriter> sampleWriter(SampleSettings wanted) {
            return SampleWriter.ofAnswers(wanted, TOKENIZER, Stream.of(), SHAPE.maxPositions());
        }

        @Override
        public TrainingLoop begin(Recovery recovery) {
            return new CountingLoop(recovery.learningRateScale(), 0, 0, millis);
        }

        @Override
        public TrainingLoop resume(StoredState stored, Recovery recovery) {
            CountingLoop loop = new CountingLoop(
                    recovery.learningRateScale(),
                    stored.step(),
                    stored.tensors().get("value").toFloats()[0],
                    millis);
            loop.best.restore(stored.tensors());
            return loop;
        }
    }

    private final class CountingLoop implements TrainingLoop {

        private final double rate;
        private final long millis;
        private final BestWeights best = new BestWeights();
        private final Transformer network = Transformer.initialise(SHAPE, 1);
        private long step;
        private double value;

        CountingLoop(double rate, long step, double value, long millis) {
            this.rate = rate;
            this.step = step;
            this.value = value;
            this.millis = millis;
        }

        @Override
        public long done() {
            return step;
        }

        @Override
        public long total() {
            return 10;
        }

        @Override
        public Step step() {
            pause();
            rates.add(rate);
            value += rate;
            step++;
            SequencedMap<String, Double> figures = new TreeMap<>(Map.of("value", value));
            return new Step(figures, new Speed("unitsPerSecond", 1), trouble.apply(step));
        }

        /** A step that takes its time, for the trainer's clock. */
        private void pause() {
            java.util.concurrent.locks.LockSupport.parkNanos(
                    Duration.ofMillis(millis).toNanos());
        }

        @Override
        public Evaluation evaluate() {
            double found = judgement.applyAsDouble(step);
            return Double.isNaN(found)
                    ? Evaluation.NONE
                    : new Evaluation(
                            new TreeMap<>(Map.of("judgement", found)), OptionalDouble.of(found), Optional.empty());
        }

        @Override
        public Optional<Transformer> writing() {
            return Optional.of(network);
        }

        @Override
        public void keepAsBest() {
            best.keep(tensors(), step);
        }

        @Override
        public Map<String, Long> position() {
            return Map.of("step", step);
        }

        @Override
        public ModelFiles model() {
            return ModelFiles.of(SHAPE, TOKENIZER, new int[] {TOKENIZER.endOfTurn()}, tensors());
        }

        @Override
        public SequencedMap<String, Tensor> state() {
            SequencedMap<String, Tensor> state = tensors();
            best.addTo(state, step);
            return state;
        }

        private SequencedMap<String, Tensor> tensors() {
            return new LinkedHashMap<>(Map.of("value", Tensor.of(new float[] {(float) value}, 1)));
        }

        @Override
        public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel) {
            SequencedMap<String, Double> figures = new TreeMap<>(last);
            figures.put("finished", 1.0);
            bestModel.ifPresent(found -> {
                figures.put("bestStep", (double) found.step());
                figures.put("value", (double)
                        best.tensors().orElseThrow().get("value").toFloats()[0]);
            });
            return figures;
        }

        @Override
        public void close() {
            network.close();
        }
    }
}
