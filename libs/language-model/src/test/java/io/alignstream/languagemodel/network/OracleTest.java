package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.insight.Inspection;
import io.alignstream.languagemodel.insight.Inspector;
import io.alignstream.languagemodel.objective.Steps;
import io.alignstream.languagemodel.optimiser.AdamW;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The program against plain loops over doubles, on random networks of every family. */
class OracleTest {

    private static final int NETWORKS = 30;

    @Test
    void logProbabilitiesAgree() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            int[] row = RandomNetworks.row(config, 20, seed);
            try (Transformer model = RandomNetworks.network(config, seed)) {
                // When
                float[] logs = model.logProbabilities(Sequences.packed(List.of(row), -1), 1)[0];

                // Then
                double[][] logits =
                        new NaiveTransformer(config, model.tensors()).logits(Arrays.copyOf(row, row.length - 1));
                for (int t = 0; t < logs.length; t++) {
                    double total = Arrays.stream(logits[t]).map(Math::exp).sum();
                    assertThat((double) logs[t])
                            .as("position %s of %s", t, config)
                            .isCloseTo(logits[t][row[t + 1]] - Math.log(total), within(1e-4));
                }
            }
        }
    }

    @Test
    void decodedProbabilitiesAgree() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            int[] prompt = Arrays.copyOf(RandomNetworks.row(config, 9, seed), 5);
            List<int[]> prompts = Collections.nCopies(6, prompt);
            try (Transformer model = RandomNetworks.network(config, seed);
                    PreparedWeights weights = new PreparedWeights(model)) {
                NaiveTransformer oracle = new NaiveTransformer(config, model.tensors());

                // When
                List<AnswerSampler.Answer> answers =
                        new AnswerSampler(1, 5, -1).sample(weights, prompts, new SplittableRandom(seed));

                // Then
                for (AnswerSampler.Answer answer : answers) {
                    double[][] logits = oracle.logits(answer.after(prompt));
                    for (int t = 0; t < answer.tokens().length; t++) {
                        double[] at = logits[prompt.length - 1 + t];
                        double total = Arrays.stream(at).map(Math::exp).sum();
                        assertThat((double) answer.logProbabilities()[t])
                                .as("token %s at %s of %s", answer.tokens()[t], t, config)
                                .isCloseTo(at[answer.tokens()[t]] - Math.log(total), within(1e-4));
                    }
                }
            }
        }
    }

    @Test
    void whatIsLookedAtAgrees() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            int[] row = RandomNetworks.row(config, 12, seed);
            try (Transformer model = RandomNetworks.network(config, seed)) {
                // When
                Inspection inspection = new Inspector(model).inspect(row);

                // Then
                NaiveTransformer naive = new NaiveTransformer(config, model.tensors());
                double[] logits = naive.logits(row)[row.length - 1];
                for (int layer = 0; layer < config.layers(); layer++) {
                    for (int head = 0; head < config.heads(); head++) {
                        for (int t = 0; t < row.length; t++) {
                            assertThat(doubles(inspection.attention()[layer][head][t]))
                                    .as("layer %s, head %s, position %s of %s", layer, head, t, config)
                                    .containsExactly(naive.attention().get(layer)[head][t], within(1e-4));
                        }
                    }
                }
                for (int depth = 0; depth <= config.layers(); depth++) {
                    for (int t = 0; t < row.length; t++) {
                        assertThat(doubles(inspection.states()[depth][t]))
                                .as("depth %s, position %s of %s", depth, t, config)
                                .containsExactly(naive.states().get(depth)[t], within(1e-3));
                    }
                }
                double total = Arrays.stream(logits).map(Math::exp).sum();
                assertThat(inspection.logProbabilities())
                        .containsExactly(
                                Arrays.stream(logits)
                                        .map(logit -> logit - Math.log(total))
                                        .toArray(),
                                within(1e-3));
            }
        }
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    @Test
    void gradientsAgreeWithFiniteDifferences() {
        AdamW.Settings noClipping = new AdamW.Settings(0.5, 0.999, 1e-8, 0, 1e9, 0, 1);
        for (int seed = 0; seed < NETWORKS; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            int[] row = RandomNetworks.row(config, 7, seed);
            try (Transformer model = RandomNetworks.network(config, seed);
                    AdamW optimiser = new AdamW(model, noClipping)) {
                NaiveTransformer oracle = new NaiveTransformer(config, model.tensors());

                // When
                Steps.Taken<Double> step = Steps.nextToken(Sequences.packed(List.of(row), -1), model, optimiser, 0);

                // Then
                assertThat(step.loss()).as("loss of %s", config).isCloseTo(oracle.meanLoss(row), within(1e-4));
                Map<String, Tensor> moments = optimiser.state("optimiser");
                Random random = new Random(seed);
                for (String name : model.tensors().keySet()) {
                    // The first moment after one step is (1 - beta1) times the gradient.
                    float[] moment = moments.get("optimiser.m." + name).toFloats();
                    for (int sample = 0; sample < 3; sample++) {
                        int at = random.nextInt(moment.length);
                        double expected = difference(oracle, name, at, row);
                        assertThat(2.0 * moment[at])
                                .as("gradient of %s[%s] of %s", name, at, config)
                                .isCloseTo(expected, within(1e-4 + 1e-3 * Math.abs(expected)));
                    }
                }
            }
        }
    }

    private static double difference(NaiveTransformer oracle, String name, int at, int[] row) {
        double[] weight = oracle.weights().get(name);
        double old = weight[at];
        double delta = 1e-5;
        weight[at] = old + delta;
        double above = oracle.meanLoss(row);
        weight[at] = old - delta;
        double below = oracle.meanLoss(row);
        weight[at] = old;
        return (above - below) / (2 * delta);
    }
}
