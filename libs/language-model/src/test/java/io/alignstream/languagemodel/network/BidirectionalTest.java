package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.objective.MaskedTokenObjective;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks whose attention goes both ways, against plain loops over doubles. */
class BidirectionalTest {

    private static final int NETWORKS = 9;
    private static final int TIME = 7;

    @TempDir
    private Path folder;

    /** Rows of other lengths, of which two tokens each are to be found. */
    private static Sequences batch(TransformerConfig config, int seed) {
        int[] lengths = {TIME, 3, 5};
        long[] ids = new Random(seed)
                .longs(lengths.length * TIME, 0, config.vocabularySize())
                .toArray();
        long[] targets = new long[ids.length];
        Arrays.fill(targets, Sequences.IGNORE);
        for (int b = 0; b < lengths.length; b++) {
            targets[b * TIME] = (seed + b) % config.vocabularySize();
            targets[b * TIME + lengths[b] - 1] = (seed + 2 * b + 1) % config.vocabularySize();
        }
        return new Sequences(
                lengths.length, TIME, ids, Arrays.stream(lengths).asLongStream().toArray(), targets);
    }

    private static double meanLoss(NaiveTransformer oracle, Sequences batch) {
        double sum = 0;
        for (int b = 0; b < batch.batch(); b++) {
            int from = b * batch.time();
            int[] row = Arrays.stream(batch.ids(), from, from + (int) batch.lengths()[b])
                    .mapToInt(id -> (int) id)
                    .toArray();
            double[][] logits = oracle.logits(row);
            for (int t = 0; t < row.length; t++) {
                int target = (int) batch.targets()[from + t];
                if (target >= 0) {
                    sum += Math.log(Arrays.stream(logits[t]).map(Math::exp).sum()) - logits[t][target];
                }
            }
        }
        return sum / batch.targetCount();
    }

    @Test
    void each_token_takes_from_all_others_and_from_no_padding() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.bothWays(seed);
            int[] row = RandomNetworks.row(config, 20, seed);
            Sequences batch = batch(config, seed);
            try (Transformer model = RandomNetworks.network(config, seed)) {
                NaiveTransformer oracle = new NaiveTransformer(config, model.tensors());

                // When
                float[][] logits = model.logits(row);
                double loss = model.meanLoss(batch);

                // Then
                double[][] expected = oracle.logits(row);
                for (int t = 0; t < row.length; t++) {
                    for (int id = 0; id < config.vocabularySize(); id++) {
                        assertThat((double) logits[t][id])
                                .as("logit %s at %s of %s", id, t, config)
                                .isCloseTo(expected[t][id], within(1e-3));
                    }
                }
                assertThat(loss).as("loss of %s", config).isCloseTo(meanLoss(oracle, batch), within(1e-4));
            }
        }
    }

    @Test
    void gradients_agree_with_finite_differences() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.bothWays(seed);
            Sequences batch = batch(config, seed);
            try (Transformer model = RandomNetworks.network(config, seed).checkpointActivations(seed % 2 == 0);
                    Gradients gradients = new Gradients(model)) {
                NaiveTransformer oracle = new NaiveTransformer(config, model.tensors());

                // When
                double loss = new MaskedTokenObjective(model, Precision.FLOAT32).accumulate(batch, gradients);

                // Then
                assertThat(loss).as("loss of %s", config).isCloseTo(meanLoss(oracle, batch), within(1e-4));
                Map<String, float[]> found = new HashMap<>();
                for (NDArray gradient : gradients.arguments()) {
                    found.put(gradient.getName().substring("g.".length()), gradient.toFloatArray());
                }
                assertThat(found.keySet()).containsAll(model.tensors().keySet());
                Random random = new Random(seed);
                found.forEach((name, gradient) -> {
                    for (int sample = 0; sample < 3; sample++) {
                        int at = random.nextInt(gradient.length);
                        double expected = difference(oracle, name, at, batch);
                        assertThat((double) gradient[at])
                                .as("gradient of %s[%s] of %s", name, at, config)
                                .isCloseTo(expected, within(1e-4 + 1e-3 * Math.abs(expected)));
                    }
                });
            }
        }
    }

    private static double difference(NaiveTransformer oracle, String name, int at, Sequences batch) {
        double[] weight = oracle.weights().get(name);
        double old = weight[at];
        double delta = 1e-5;
        weight[at] = old + delta;
        double above = meanLoss(oracle, batch);
        weight[at] = old - delta;
        double below = meanLoss(oracle, batch);
        weight[at] = old;
        return (above - below) / (2 * delta);
    }

    @Test
    void padding_changes_nothing() {
        // Given
        TransformerConfig config = RandomNetworks.bothWays(1);
        Sequences batch = batch(config, 1);
        try (Transformer model = RandomNetworks.network(config, 1)) {
            // When
            float[][] together = model.logProbabilities(batch, 1);
            float[] alone = model.logProbabilities(batch.rows(new Sequences.Range(1, 2)), 1)[0];

            // Then
            assertThat(Arrays.copyOf(together[1], 3)).containsExactly(alone, within(1e-6f));
        }
    }

    @Test
    void its_configuration_comes_back_and_it_does_not_write() throws IOException {
        // Given
        TransformerConfig config = TransformerConfig.of(50, 1, 32, 16).bothWays();
        try (Transformer model = Transformer.initialise(config, 1)) {
            // When
            config.save(folder, new int[] {1, 2}, 3);

            // Then
            assertThat(TransformerConfig.load(folder)).isEqualTo(config);
            assertThat(folder.resolve("generation_config.json")).doesNotExist();
            assertThatThrownBy(() -> new PreparedWeights(model))
                    .hasMessageContaining("fills blanks and cannot write")
                    .hasMessageContaining("alignstream.pretrain.objective=next-token");
        }
    }

    @Test
    void a_network_that_sees_one_side_alone_cannot_learn_to_fill_blanks() {
        // Given
        try (Transformer causal = Transformer.initialise(TransformerConfig.of(50, 1, 32, 16), 1)) {
            // When
            // Then
            assertThatThrownBy(() -> new MaskedTokenObjective(causal, Precision.FLOAT32))
                    .hasMessageContaining("goes one way")
                    .hasMessageContaining("bothWays");
        }
    }
}
