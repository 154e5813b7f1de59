package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A world of 24 tokens in which an answer is the better the more often it holds token {@value #GOOD}. */
class RewardLoopTest {

    private static final int GOOD = 5;
    private static final int END = 1;
    private static final TransformerConfig SIZE = TransformerConfig.of(24, 2, 32, 24);
    private static final RewardConfig.Training CONFIG = Settings.of(Map.of(
                    "alignstream.reward.training.layers", "1",
                    "alignstream.reward.training.epochs", "6",
                    "alignstream.reward.training.batch-requests", "8",
                    "alignstream.reward.training.learning-rate", "5e-3",
                    "alignstream.reward.training.held-out-share", "0.25",
                    "alignstream.reward.training.max-answer-tokens", "6"))
            .training();

    @Test
    void learnsWhatAnnotatorsPreferOnPromptsThatItHasNotSeen() {
        // Given
        try (Transformer sft = Transformer.initialise(SIZE, 1);
                RewardLoop loop = new RewardLoop(CONFIG, 1, sft, requests(64))) {
            assertThat(loop.evaluate().get("pairAccuracy")).isLessThan(0.9);

            // When
            while (!loop.finished()) {
                loop.train();
            }

            // Then
            assertThat(loop.evaluate().get("pairAccuracy")).isGreaterThan(0.9);
            assertThat(loop.evaluate()).containsKeys("margin", "brier", "calibrationError", "lengthCorrelation");
        }
    }

    @Test
    void finishedModelScoresReferenceAnswersWithMeanZeroAndVarianceOne() {
        // Given
        try (Transformer sft = Transformer.initialise(SIZE, 1);
                RewardLoop loop = new RewardLoop(CONFIG, 1, sft, requests(64))) {
            loop.train();

            // When
            try (RewardModel model = loop.finish(sft, END);
                    RewardModel again = loop.finish(sft, END)) {

                // Then
                List<int[]> rows = loop.referenceRows(sft, END);
                double[] scores = model.scores(rows);
                double mean = Arrays.stream(scores).average().orElseThrow();
                double variance = Arrays.stream(scores)
                        .map(r -> (r - mean) * (r - mean))
                        .average()
                        .orElseThrow();
                assertThat(rows).hasSizeGreaterThanOrEqualTo(CONFIG.referenceAnswers());
                assertThat(mean).isCloseTo(0, within(1e-4));
                assertThat(variance).isCloseTo(1, within(1e-3));
                assertThat(again.tensors()).isEqualTo(model.tensors());
            }
        }
    }

    @Test
    void resumedRunGivesTheSameWeightsToTheLastBit() throws IOException {
        // Given
        try (Transformer sft = Transformer.initialise(SIZE, 1);
                RewardLoop undisturbed = new RewardLoop(CONFIG, 7, sft, requests(20));
                RewardLoop killed = new RewardLoop(CONFIG, 7, sft, requests(20))) {
            for (int i = 0; i < 6; i++) {
                undisturbed.train();
            }
            for (int i = 0; i < 3; i++) {
                killed.train();
            }
            Map<String, Tensor> weights = killed.weights();
            Map<String, Tensor> state = killed.state();

            // When
            Transformer network = Transformer.of(SIZE.withLayers(1), weights, "test");
            try (RewardLoop resumed = RewardLoop.resume(CONFIG, 7, network, requests(20), killed.step(), state)) {
                for (int i = 0; i < 3; i++) {
                    resumed.train();
                }

                // Then
                assertThat(resumed.step()).isEqualTo(undisturbed.step());
                assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
                assertThat(resumed.state()).isEqualTo(undisturbed.state());
            }
        }
    }

    @Test
    void tiedAnswersEndUpCloserThanRankedOnes() {
        // Given: answers 0 and 1 are tied, both better than 2
        List<RankedAnswers> requests = new ArrayList<>();
        SplittableRandom random = SeededRandom.of(1, "ties", 0);
        for (int i = 0; i < 48; i++) {
            int[] prompt = prompt(random);
            requests.add(new RankedAnswers(
                    "prompt " + i,
                    prompt,
                    List.of(row(prompt, 6, 6), row(prompt, 7, 7), row(prompt, 8, 8)),
                    List.of(
                            new RankedAnswers.Pair(0, 1, 0, 1 / 3.0, true),
                            new RankedAnswers.Pair(0, 2, 0, 1 / 3.0, false),
                            new RankedAnswers.Pair(1, 2, 0, 1 / 3.0, false))));
        }
        try (Transformer sft = Transformer.initialise(SIZE, 1);
                RewardLoop loop = new RewardLoop(CONFIG, 1, sft, requests)) {

            // When
            while (!loop.finished()) {
                loop.train();
            }

            // Then
            try (RewardModel model = loop.finish(sft, END)) {
                double[] scores = model.scores(requests.getFirst().answers());
                assertThat(Math.abs(scores[0] - scores[1])).isLessThan(Math.abs(scores[0] - scores[2]) / 4);
            }
        }
    }

    @Test
    void refusesRequestsThatAreAllTooLongWithAWayOut() {
        // Given
        int[] prompt = new int[40];
        RankedAnswers tooLong = new RankedAnswers(
                "p",
                prompt,
                List.of(row(prompt, 5), row(prompt, 6)),
                List.of(new RankedAnswers.Pair(0, 1, 0, 1, false)));

        // When, then
        try (Transformer sft = Transformer.initialise(SIZE, 1)) {
            assertThatThrownBy(() -> new RewardLoop(CONFIG, 1, sft, List.of(tooLong)).close())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 are longer than the model's 24 positions");
        }
    }

    private static List<RankedAnswers> requests(int count) {
        SplittableRandom random = SeededRandom.of(1, "requests", 0);
        List<RankedAnswers> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = prompt(random);
            requests.add(new RankedAnswers(
                    "prompt " + i,
                    prompt,
                    List.of(row(prompt, GOOD, GOOD), row(prompt, GOOD, 9), row(prompt, 9)),
                    List.of(
                            new RankedAnswers.Pair(0, 1, 1, 1 / 3.0, false),
                            new RankedAnswers.Pair(0, 2, 2, 1 / 3.0, false),
                            new RankedAnswers.Pair(1, 2, 1, 1 / 3.0, false))));
        }
        return requests;
    }

    private static int[] prompt(SplittableRandom random) {
        return random.ints(4, 10, SIZE.vocabularySize()).toArray();
    }

    private static int[] row(int[] prompt, int... answer) {
        int[] row = Arrays.copyOf(prompt, prompt.length + answer.length + 1);
        System.arraycopy(answer, 0, row, prompt.length, answer.length);
        row[row.length - 1] = END;
        return row;
    }
}
