package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class AnswerSamplerTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(9, 2, 24, 4, 2, 40, 40, 10_000, 1e-5, true);

    @Test
    void logProbabilitiesAreThoseOfTraining() {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            // Given
            List<int[]> prompts = List.of(new int[] {1}, new int[] {2, 3, 4}, new int[] {5, 6});
            double temperature = 0.7;

            // When
            List<AnswerSampler.Answer> answers =
                    new AnswerSampler(temperature, 12, 0).sample(model, prompts, random(1));

            // Then
            List<int[]> rows = new ArrayList<>();
            for (int b = 0; b < prompts.size(); b++) {
                int[] tokens = answers.get(b).tokens();
                int[] row = Arrays.copyOf(prompts.get(b), prompts.get(b).length + tokens.length);
                System.arraycopy(tokens, 0, row, prompts.get(b).length, tokens.length);
                rows.add(row);
            }
            float[][] logs = model.logProbabilities(Sequences.packed(rows, -1), temperature);
            for (int b = 0; b < rows.size(); b++) {
                AnswerSampler.Answer answer = answers.get(b);
                for (int t = 0; t < answer.tokens().length; t++) {
                    assertThat(answer.logProbabilities()[t])
                            .isCloseTo(logs[b][prompts.get(b).length - 1 + t], within(1e-5f));
                }
            }
        }
    }

    @Test
    void frequenciesFollowTheDistribution() {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            // Given
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < 4_000; i++) {
                prompts.add(new int[] {4});
            }
            float[][] logs = new float[9][];
            for (int v = 0; v < 9; v++) {
                logs[v] = model.logProbabilities(Sequences.packed(List.of(new int[] {4, v}), -1), 1)[0];
            }

            // When
            List<AnswerSampler.Answer> answers = new AnswerSampler(1, 1, 0).sample(model, prompts, random(5));

            // Then
            for (int v = 0; v < 9; v++) {
                int token = v;
                double share = answers.stream()
                                .filter(answer -> answer.tokens()[0] == token)
                                .count()
                        / 4_000.0;
                assertThat(share).isCloseTo(Math.exp(logs[v][0]), within(0.03));
            }
        }
    }

    @Test
    void endsAtTheEndTokenAndRepeatsWithItsSeed() {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            // Given
            List<int[]> prompts = List.of(new int[] {1, 2}, new int[] {3}, new int[] {8, 8, 8});
            AnswerSampler sampler = new AnswerSampler(1, 20, 0);

            // When
            List<AnswerSampler.Answer> answers = sampler.sample(model, prompts, random(11));
            List<AnswerSampler.Answer> again = sampler.sample(model, prompts, random(11));

            // Then
            for (int b = 0; b < answers.size(); b++) {
                AnswerSampler.Answer answer = answers.get(b);
                assertThat(again.get(b).tokens()).isEqualTo(answer.tokens());
                assertThat(answer.content()).doesNotContain(0);
                assertThat(answer.ended() ? answer.tokens()[answer.tokens().length - 1] : 0)
                        .isZero();
                assertThat(answer.tokens().length).isLessThanOrEqualTo(20);
                assertThat(answer.ended() || answer.tokens().length == 20).isTrue();
            }
        }
    }

    @Test
    void temperatureZeroTakesTheMostProbableToken() {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            // Given
            int best = 0;
            double highest = Double.NEGATIVE_INFINITY;
            for (int v = 0; v < CONFIG.vocabularySize(); v++) {
                float log = model.logProbabilities(Sequences.packed(List.of(new int[] {2, 5, v}), -1), 1)[0][1];
                best = log > highest ? v : best;
                highest = Math.max(highest, log);
            }

            // When
            List<AnswerSampler.Answer> answers =
                    new AnswerSampler(0, 1, 0).sample(model, List.of(new int[] {2, 5}), random(1));

            // Then
            assertThat(answers.getFirst().tokens()).containsExactly(best);
        }
    }

    @Test
    void refusesWhatDoesNotFitThePositions() {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            assertThatThrownBy(() -> new AnswerSampler(1, 39, 0).sample(model, List.of(new int[] {1, 2}), random(1)))
                    .hasMessageContaining("2 tokens")
                    .hasMessageContaining("40 positions");
        }
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }
}
