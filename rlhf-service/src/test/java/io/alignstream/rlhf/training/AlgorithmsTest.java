package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Recovery;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every algorithm, by nothing but its settings. */
class AlgorithmsTest {

    private static final List<int[]> PROMPTS = TinyWorld.prompts("ppo", 50);

    @SuppressWarnings("NullAway.Init")
    private static Transformer sft;

    @SuppressWarnings("NullAway.Init")
    private static HeldOutComparison.Judges judges;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeAll
    static void prepare() {
        sft = TinyWorld.sft();
        RewardModel reward = TinyWorld.reward(sft, "reward");
        judges = new HeldOutComparison.Judges(reward, TinyWorld.reward(sft, "judge"));
    }

    @AfterAll
    static void close() {
        judges.close();
        sft.close();
    }

    static Stream<Map<String, String>> algorithms() {
        return Stream.of(
                Map.of("alignstream.rlhf.algorithm", "ppo"),
                Map.of("alignstream.rlhf.algorithm", "grpo"),
                Map.of(
                        "alignstream.rlhf.algorithm", "grpo",
                        "alignstream.rlhf.grpo.answers", "4",
                        "alignstream.rlhf.grpo.advantage", "leave-one-out"),
                Map.of(
                        "alignstream.rlhf.algorithm", "dpo",
                        "alignstream.rlhf.dpo.beta", "0.5",
                        "alignstream.rlhf.dpo.learning-rate", "1e-3",
                        "alignstream.rlhf.dpo.epochs", "6"));
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void answersBecomeThoseThatPeoplePrefer(Map<String, String> algorithm) {
        // Given
        HeldOutComparison comparison = comparison();
        try (PolicyLoop loop = inputs(TinyWorld.settings(algorithm)).begin(Recovery.NONE)) {

            // When
            while (!loop.finished()) {
                assertThatStepIsSound(loop.step().trouble().isEmpty());
            }

            // Then
            Map<String, Double> figures = comparison.compare(loop.policy().network(), 2);
            assertThat(figures.get("winRate")).isGreaterThan(0.52);
            assertThat(goodAgainstOther(loop.policy().network())).isGreaterThan(goodAgainstOther(sft) + 0.3);
            // DPO makes a worse answer less probable also by what follows it, here by its end.
            assertThat(figures.get("heldOut/endRate")).isGreaterThan(0.6);
            assertThat(figures.get("heldOut/kl")).isBetween(0.1, 15.0);
        }
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void resumedRunGivesTheSameModelToTheLastBit(Map<String, String> algorithm) throws IOException {
        // Given
        RlhfSettings settings = TinyWorld.settings(withFewSteps(algorithm));
        Trainer.Result undisturbed = train("a", settings, Long.MAX_VALUE).orElseThrow();
        Optional<Trainer.Result> stopped = train("b", settings, 3);

        // When
        Trainer.Result resumed = train("b", settings, Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(resumed.checkpoint().sha256())
                .isEqualTo(undisturbed.checkpoint().sha256());
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void everyFigureHasAName(Map<String, String> algorithm) throws IOException {
        // Given
        RlhfSettings settings = TinyWorld.settings(withFewSteps(algorithm));
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = train("named", settings, recorder).orElseThrow();

        // Then
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
    }

    @Test
    void dpoRefusesRankingsWithoutAPair() {
        // Given
        RlhfSettings settings = TinyWorld.settings(Map.of("alignstream.rlhf.algorithm", "dpo"));
        RlhfInputs inputs = new RlhfInputs(
                settings,
                sft,
                judges,
                TinyParents.TOKENIZER,
                PROMPTS,
                List.of(),
                OwnWriting.NONE,
                TinyWorld.END,
                comparison());

        // When, then
        assertThatThrownBy(() -> inputs.begin(Recovery.NONE).close())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("none of 0 ranked requests holds a pair");
    }

    /** How much more probable the good answer is than the other one on prompts that nothing is learned from, in nats. */
    private static double goodAgainstOther(Transformer model) {
        return TinyWorld.prompts("held-out", 40).stream()
                .mapToDouble(prompt ->
                        logProbability(model, prompt, TinyWorld.GOOD) - logProbability(model, prompt, TinyWorld.OTHER))
                .average()
                .orElseThrow();
    }

    private static double logProbability(Transformer model, int[] prompt, int token) {
        Conversation answer = answered(prompt, token);
        return model.answerLogProbabilities(Sequences.of(List.of(answer.ids()), List.of(answer.learned())))[0];
    }

    private static void assertThatStepIsSound(boolean sound) {
        assertThat(sound).isTrue();
    }

    private static Map<String, String> withFewSteps(Map<String, String> algorithm) {
        Map<String, String> values = new HashMap<>(algorithm);
        values.put("alignstream.rlhf.training.iterations", "5");
        values.put("alignstream.rlhf.checkpoint-every", "2");
        values.put("alignstream.rlhf.dpo.epochs", "1");
        return values;
    }

    private Optional<Trainer.Result> train(String name, RlhfSettings settings, long steps) throws IOException {
        return train(name, settings, new StoppingMonitor(steps));
    }

    private Optional<Trainer.Result> train(String name, RlhfSettings settings, Monitor monitor) throws IOException {
        Path root = folder.resolve(name);
        try (CheckpointStore store = CheckpointStore.open(root.toUri(), root)) {
            TrainingRun run =
                    new TrainingRuns(store, Stage.RLHF).of(Lineage.NONE, List.of(), settings.hyperparameters());
            // the second run is stopped, and shows what it writes: neither changes a bit
            SampleSettings samples = name.equals("b") ? new SampleSettings(3, 3, List.of()) : SampleSettings.NONE;
            return new Trainer(run, inputs(settings), settings.training(), samples, monitor).train();
        }
    }

    /** Never closed: the models are shared by all tests. */
    private static RlhfInputs inputs(RlhfSettings settings) {
        return new RlhfInputs(
                settings,
                sft,
                judges,
                TinyParents.TOKENIZER,
                PROMPTS,
                PROMPTS.stream().map(AlgorithmsTest::ranked).toList(),
                OwnWriting.NONE,
                TinyWorld.END,
                comparison());
    }

    /** The good answer before the other one, which ties with itself. */
    static RankedAnswers ranked(int[] prompt) {
        return new RankedAnswers(
                0.5,
                prompt,
                List.of(
                        answered(prompt, TinyWorld.GOOD),
                        answered(prompt, TinyWorld.OTHER),
                        answered(prompt, TinyWorld.OTHER)),
                List.of(
                        new PreferencePair(0, 1, 0, 1 / 3.0, false),
                        new PreferencePair(0, 2, 0, 1 / 3.0, false),
                        new PreferencePair(1, 2, 0, 1 / 3.0, true)));
    }

    private static Conversation answered(int[] prompt, int token) {
        int[] ids = Arrays.copyOf(prompt, prompt.length + 2);
        ids[prompt.length] = token;
        ids[prompt.length + 1] = TinyWorld.END;
        boolean[] learned = new boolean[ids.length];
        learned[prompt.length] = true;
        learned[prompt.length + 1] = true;
        return new Conversation(ids, learned);
    }

    private static HeldOutComparison comparison() {
        return new HeldOutComparison(
                3,
                sft,
                judges,
                new AnswerSampler(1, 5, TinyWorld.END),
                TinyWorld.prompts("held-out", 40).stream()
                        .map(HeldOutPrompt::of)
                        .toList(),
                OwnWriting.NONE);
    }
}
