package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The backward pass ends at the lowest block that learns, and nothing else changes. */
class UpperBlocksTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(40, 3, 24, 4, 2, 40, 32, 10_000, 1e-5, true);
    private static final Sequences ANSWERS =
            Sequences.answers(List.of(new int[] {1, 2, 3, 4, 5, 6}, new int[] {7, 8, 9}), List.of(3, 2));
    private static final float[][] OLD = {{0, 0, -3, -4, -3}, {0, -4, 0, 0, 0}};
    private static final float[][] BESIDE = {{0, 0, 1, -2, .5f}, {0, -1, 0, 0, 0}};

    @Test
    void a_policys_upper_blocks_get_the_gradients_that_they_get_in_the_whole() {
        try (Transformer network = network()) {
            check(network, new PolicyObjective(network, 0.8, 0.2), new PolicyObjective.Batch(ANSWERS, OLD, BESIDE));
        }
    }

    @Test
    void a_critics_upper_blocks_do() {
        try (Transformer network = network()) {
            check(network, new ValueObjective(network, 0.2, 0.1), new ValueObjective.Batch(ANSWERS, OLD, BESIDE));
        }
    }

    @Test
    void those_of_next_token_prediction_do() {
        try (Transformer network = network()) {
            check(network, new NextTokenObjective(network), ANSWERS);
        }
    }

    private static Transformer network() {
        Transformer network = RandomNetworks.network(CONFIG, 3);
        network.addHead(1);
        return network;
    }

    private static <B, L> void check(Transformer network, Objective<B, L> objective, B batch) {
        // Given
        Map<String, float[]> whole = gradients(network, objective, batch);
        for (int blocks = 1; blocks <= CONFIG.layers(); blocks++) {
            UpperBlocks upper = new UpperBlocks(network, blocks);

            // When
            Map<String, float[]> learned = gradients(upper, objective, batch);

            // Then
            assertThat(learned).as("%s blocks", blocks).hasSize(upper.weights().size());
            learned.forEach((name, gradient) ->
                    assertThat(gradient).as(name).isEqualTo(whole.get(name)).isNotEqualTo(new float[gradient.length]));
        }
    }

    private static <B, L> Map<String, float[]> gradients(Trainable trained, Objective<B, L> objective, B batch) {
        try (Gradients gradients = new Gradients(trained)) {
            objective.accumulate(batch, gradients);
            Map<String, float[]> values = new LinkedHashMap<>();
            for (NDArray gradient : gradients.arguments()) {
                values.put(gradient.getName(), gradient.toFloatArray());
            }
            return values;
        }
    }
}
