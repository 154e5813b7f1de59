package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Monitor;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.Trouble;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A world of 24 tokens in which an answer is the better the more often it holds token {@value #GOOD}. */
class RewardLoopTest {

    private static final int GOOD = 5;
    private static final int END = 1;
    static final TransformerConfig SIZE = TransformerConfig.of(24, 2, 32, 24);
    private static final Map<String, String> VALUES = Map.of(
            "alignstream.reward.training.depth-share", "0.5",
            "alignstream.reward.training.epochs", "6",
            "alignstream.reward.training.batch-requests", "8",
            "alignstream.reward.training.learning-rate", "5e-3",
            "alignstream.reward.training.held-out-share", "0.25",
            "alignstream.reward.training.max-answer-tokens", "6",
            "alignstream.reward.checkpoint-every", "1",
            "alignstream.reward.validate-every", "1",
            "alignstream.reward.seed", "1");
    private static final RewardSettings SETTINGS = settings(Map.of());
    private static final Reference SFT = new Reference(URI.create("file:///sft"), "a".repeat(64), 1);
    private static final Lineage LINEAGE = Lineage.of(Lineage.SFT, SFT);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void learnsWhatAnnotatorsPreferOnPromptsThatItHasNotSeen() throws IOException {
        // Given
        try (RewardLoop.Inputs inputs = inputs(SETTINGS, requests(64));
                RewardLoop loop = inputs.begin(Recovery.NONE)) {
            while (loop.phase().equals("judge")) {
                loop.step();
            }
            double before = loop.evaluate().figures().get("pairAccuracy");

            // When
            while (!loop.finished()) {
                loop.step();
            }

            // Then
            assertThat(before).isLessThan(0.9);
            assertThat(loop.evaluate().figures().get("pairAccuracy")).isGreaterThan(0.9);
            assertThat(loop.evaluate().figures())
                    .containsKeys("margin", "brier", "calibrationError", "lengthCorrelation");
            assertThat(loop.evaluate().judgement().orElseThrow()).isLessThan(0.1);
        }
    }

    /** Two heads on one SFT model: what lies in a checkpoint as adapters scores as what lies there with them worked in. */
    @Test
    void adapters_learn_too_and_score_on_the_sft_model_as_the_whole_model_does() throws IOException {
        // Given
        RewardSettings settings = settings(Map.of(
                "alignstream.reward.lora.rank", "4",
                "alignstream.reward.training.learning-rate", "2e-2",
                "alignstream.reward.training.epochs", "8"));
        LoraSettings lora = Objects.requireNonNull(settings.lora());
        RewardEnsemble.Combination mean = RewardEnsemble.Combination.MEAN;

        // When
        Trainer.Result result = train("adapters", settings, inputs(settings, requests(64)), Long.MAX_VALUE)
                .orElseThrow();

        // Then
        Path checkpoint = Path.of(result.checkpoint().uri());
        List<int[]> rows = requests(20).stream()
                .flatMap(request -> request.answers().stream())
                .map(Conversation::ids)
                .toList();
        try (Transformer sft = Transformer.initialise(SIZE, 1);
                RewardEnsemble whole = RewardEnsemble.load(checkpoint, mean);
                RewardEnsemble wholeJudge = RewardEnsemble.loadJudge(checkpoint, mean);
                RewardEnsemble adapted = RewardEnsemble.load(checkpoint, mean, sft, lora);
                RewardEnsemble adaptedJudge = RewardEnsemble.loadJudge(checkpoint, mean, sft, lora)) {
            assertThat(adapted.scores(rows)).containsExactly(whole.scores(rows), within(1e-5));
            assertThat(adaptedJudge.scores(rows)).containsExactly(wholeJudge.scores(rows), within(1e-5));
            assertThat(whole.scores(rows)).isNotEqualTo(wholeJudge.scores(rows));
            assertThat(RewardEvaluation.of(adapted, requests(40)).pairAccuracy())
                    .isGreaterThan(0.9);
        }
    }

    /** What chooses the questions that people are asked loads them on the SFT model, too, and only on that one. */
    @Test
    void adapters_are_loaded_on_the_sft_model_they_were_trained_on() throws IOException {
        // Given
        RewardSettings settings = settings(Map.of("alignstream.reward.lora.rank", "4"));
        Reference trained = train("adapters", settings, inputs(settings, requests(20)), Long.MAX_VALUE)
                .orElseThrow()
                .checkpoint();
        Path root = folder.resolve("adapters");
        List<int[]> rows =
                requests(3).getLast().answers().stream().map(Conversation::ids).toList();

        try (CheckpointStore store = CheckpointStore.open(root.toUri(), root);
                Transformer sft = Transformer.initialise(SIZE, 1)) {
            // When
            StoredCheckpoint stored = store.open(trained);
            Optional<LoraSettings> onAnother = RankingUncertainty.adaptersOn(stored.manifest(), trained);

            // Then
            assertThat(onAnother).isEmpty();
            assertThat(RankingUncertainty.adaptersOn(stored.manifest(), SFT)).contains(settings.lora());
            try (RankingUncertainty adapted = RankingUncertainty.load(stored, SFT, sft);
                    RankingUncertainty whole = RankingUncertainty.load(stored.folder())) {
                assertThat(adapted.of(rows)).isCloseTo(whole.of(rows), within(1e-5));
            }
        }
    }

    /** One long answer among short ones is one long answer: nothing is padded to it. */
    @Test
    void the_plan_counts_what_the_answers_to_a_request_are_long_together() {
        // Given
        List<RankedAnswers> requests = new ArrayList<>(requests(20));
        RankedAnswers usual = requests.getFirst();
        int[] prompt = usual.prompt();
        requests.set(
                0,
                new RankedAnswers(
                        usual.place(),
                        prompt,
                        List.of(row(prompt, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9), row(prompt, GOOD), row(prompt, 9)),
                        usual.pairs()));

        // When
        MemoryPlan plan = RewardLoop.Inputs.memory(SETTINGS, SIZE, requests);

        // Then: the eight longest requests
        int positions = requests.stream()
                .map(request -> request.answers().stream()
                        .mapToInt(answer -> answer.ids().length)
                        .sum())
                .sorted(Comparator.reverseOrder())
                .limit(8)
                .mapToInt(sum -> sum)
                .sum();
        long kept = SETTINGS.memory().kept(SIZE.withLayers(1), SETTINGS.precision(), positions);
        assertThat(plan.parts()).containsEntry("activations", kept);
    }

    @Test
    void finishedModelScoresReferenceAnswersWithMeanZeroAndVarianceOne() throws IOException {
        // Given
        try (RewardLoop.Inputs inputs = inputs(SETTINGS, requests(64));
                RewardLoop loop = inputs.begin(Recovery.NONE)) {
            while (!loop.finished()) {
                loop.step();
            }

            // When
            loop.finish(new TreeMap<>(), Optional.empty());

            // Then
            ModelFiles finished = loop.finishedModel();
            List<int[]> rows = loop.reference().rows();
            try (RewardModel model = model(finished)) {
                double[] scores = model.scores(rows);
                double mean = Arrays.stream(scores).average().orElseThrow();
                double variance = Arrays.stream(scores)
                        .map(r -> (r - mean) * (r - mean))
                        .average()
                        .orElseThrow();
                assertThat(rows)
                        .hasSizeGreaterThanOrEqualTo(SETTINGS.referenceAnswers().count());
                assertThat(mean).isCloseTo(0, within(1e-4));
                assertThat(variance).isCloseTo(1, within(1e-3));
            }
        }
    }

    @Test
    void every_figure_has_a_name_in_every_language() throws IOException {
        // Given
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = train("names", SETTINGS, inputs(SETTINGS, requests(64)), recorder)
                .orElseThrow();

        // Then
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
        assertThat(recorder.figures()).isNotEmpty();
    }

    @Test
    void resumedRunGivesTheSameModelToTheLastBit() throws IOException {
        // Given
        Trainer.Result undisturbed = train("a", SETTINGS, inputs(SETTINGS, requests(20)), Long.MAX_VALUE)
                .orElseThrow();
        Optional<Trainer.Result> stopped = train("b", SETTINGS, inputs(SETTINGS, requests(20)), 5);

        // When
        Trainer.Result resumed = train("b", SETTINGS, inputs(SETTINGS, requests(20)), Long.MAX_VALUE)
                .orElseThrow();

        // Then: content addresses, of weights, moments and figures
        assertThat(stopped).isEmpty();
        assertThat(resumed.checkpoint().sha256())
                .isEqualTo(undisturbed.checkpoint().sha256());
    }

    @Test
    void aStepThatGivesNoNumberSendsTheRunBackWithALowerRate() throws IOException {
        // Given: a learning rate that overflows
        RewardSettings settings = settings(Map.of("alignstream.reward.training.learning-rate", "1"));
        List<HealingEvent> healed = new ArrayList<>();

        // When
        Throwable failure = catchThrowable(
                () -> train("a", settings, new Diverging(inputs(settings, requests(20))), Long.MAX_VALUE, healed));

        // Then
        assertThat(failure).isNull();
        assertThat(healed).singleElement().satisfies(event -> {
            assertThat(Messages.english(event.reason())).contains("loss");
            assertThat(event.learningRateScale()).isEqualTo(RewardLoop.RECOVERY_FACTOR);
        });
    }

    @Test
    void withPatienceTheBestModelIsPublished() throws IOException {
        // Given: what was learned is unlearned later, as the training set is tiny and the rate high
        RewardSettings settings = settings(Map.of(
                "alignstream.reward.patience", "3",
                "alignstream.reward.training.epochs", "60",
                "alignstream.reward.training.learning-rate", "2e-2"));

        // When
        Trainer.Result result = train("a", settings, inputs(settings, requests(24)), Long.MAX_VALUE)
                .orElseThrow();

        // Then
        assertThat(result.metrics()).containsKey("bestStep");
        assertThat((double) result.step()).isEqualTo(result.metrics().get("bestStep") + 3);
    }

    @Test
    void tiedAnswersEndUpCloserThanRankedOnes() throws IOException {
        // Given: answers 0 and 1 are tied, both better than 2
        List<RankedAnswers> requests = new ArrayList<>();
        SplittableRandom random = SeededRandom.of(1, "ties", 0);
        for (int i = 0; i < 48; i++) {
            int[] prompt = prompt(random);
            requests.add(new RankedAnswers(
                    HeldOut.place("prompt " + i),
                    prompt,
                    List.of(row(prompt, 6, 6), row(prompt, 7, 7), row(prompt, 8, 8)),
                    List.of(
                            new PreferencePair(0, 1, 0, 1 / 3.0, true),
                            new PreferencePair(0, 2, 0, 1 / 3.0, false),
                            new PreferencePair(1, 2, 0, 1 / 3.0, false))));
        }
        try (RewardLoop.Inputs inputs = inputs(SETTINGS, requests);
                RewardLoop loop = inputs.begin(Recovery.NONE)) {

            // When
            while (!loop.finished()) {
                loop.step();
            }
            loop.finish(new TreeMap<>(), Optional.empty());

            // Then
            try (RewardModel model = model(loop.finishedModel())) {
                double[] scores = model.scores(requests.getFirst().answers().stream()
                        .map(Conversation::ids)
                        .toList());
                assertThat(Math.abs(scores[0] - scores[1])).isLessThan(Math.abs(scores[0] - scores[2]) / 4);
            }
        }
    }

    /** A loop whose second step with the full learning rate gives no number. */
    private record Diverging(RewardLoop.Inputs inputs) implements TrainingLoop.Inputs {

        @Override
        public TrainingLoop begin(Recovery recovery) {
            return failing(inputs.begin(recovery), recovery);
        }

        @Override
        public TrainingLoop resume(StoredState stored, Recovery recovery) throws IOException {
            return failing(inputs.resume(stored, recovery), recovery);
        }

        private static TrainingLoop failing(TrainingLoop loop, Recovery recovery) {
            return (TrainingLoop) Proxy.newProxyInstance(
                    RewardLoopTest.class.getClassLoader(),
                    new Class<?>[] {TrainingLoop.class},
                    (proxy, method, arguments) -> {
                        Object result = method.invoke(loop, arguments);
                        if (result instanceof TrainingLoop.Step step && loop.done() == 2 && recovery.count() == 0) {
                            return new TrainingLoop.Step(
                                    step.figures(), step.speed(), Optional.of(Trouble.notFinite(Double.NaN, 1, 1)));
                        }
                        return result;
                    });
        }

        @Override
        public void close() {
            inputs.close();
        }
    }

    static RewardSettings settings(Map<String, String> overrides) {
        Map<String, String> values = new HashMap<>(VALUES);
        values.putAll(overrides);
        return Settings.of(RewardConfig.class, values).settings();
    }

    private static RewardLoop.Inputs inputs(RewardSettings settings, List<RankedAnswers> requests) {
        return new RewardLoop.Inputs(settings, Transformer.initialise(SIZE, 1), TinySft.TOKENIZER, requests);
    }

    private static RewardModel model(ModelFiles files) throws IOException {
        Tensor bias = files.weights().get("score.bias");
        return new RewardModel(
                Transformer.of(files.config(), files.weights(), "test"), bias == null ? 0 : bias.toFloats()[0]);
    }

    private Optional<Trainer.Result> train(String name, RewardSettings settings, TrainingLoop.Inputs inputs, long steps)
            throws IOException {
        return train(name, settings, inputs, steps, new ArrayList<>());
    }

    private Optional<Trainer.Result> train(
            String name, RewardSettings settings, TrainingLoop.Inputs inputs, long steps, List<HealingEvent> healed)
            throws IOException {
        long[] left = {steps};
        Monitor monitor = new Monitor() {
            @Override
            public boolean stopRequested() {
                return left[0]-- == 0;
            }

            @Override
            public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
                assertThat(phase).isIn("judge", "train");
            }

            @Override
            public void healed(HealingEvent event) {
                healed.add(event);
            }
        };
        return train(name, settings, inputs, monitor);
    }

    private Optional<Trainer.Result> train(
            String name, RewardSettings settings, TrainingLoop.Inputs inputs, Monitor monitor) throws IOException {
        Path root = folder.resolve(name);
        try (inputs;
                CheckpointStore store = CheckpointStore.open(root.toUri(), root)) {
            TrainingRun run = new TrainingRuns(store, Stage.REWARD).of(LINEAGE, List.of(), settings.hyperparameters());
            return new Trainer(run, inputs, settings.training(), monitor).train();
        }
    }

    static List<RankedAnswers> requests(int count) {
        SplittableRandom random = SeededRandom.of(1, "requests", 0);
        List<RankedAnswers> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = prompt(random);
            requests.add(new RankedAnswers(
                    HeldOut.place("prompt " + i),
                    prompt,
                    List.of(row(prompt, GOOD, GOOD), row(prompt, GOOD, 9), row(prompt, 9)),
                    List.of(
                            new PreferencePair(0, 1, 1, 1 / 3.0, false),
                            new PreferencePair(0, 2, 2, 1 / 3.0, false),
                            new PreferencePair(1, 2, 1, 1 / 3.0, false))));
        }
        return requests;
    }

    private static int[] prompt(SplittableRandom random) {
        return random.ints(4, 10, SIZE.vocabularySize()).toArray();
    }

    private static Conversation row(int[] prompt, int... answer) {
        int[] row = Arrays.copyOf(prompt, prompt.length + answer.length + 1);
        System.arraycopy(answer, 0, row, prompt.length, answer.length);
        row[row.length - 1] = END;
        boolean[] learned = new boolean[row.length];
        Arrays.fill(learned, prompt.length, row.length, true);
        return new Conversation(row, learned);
    }
}
