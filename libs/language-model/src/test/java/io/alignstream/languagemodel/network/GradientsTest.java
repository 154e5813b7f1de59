package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GradientsTest {

    private static final TransformerConfig CONFIG = RandomNetworks.config(3);
    private static final Sequences FIRST = batch(7, 8);
    private static final Sequences SECOND = batch(9, 10);

    @Test
    void gradients_of_two_batches_are_summed() {
        try (Transformer network = RandomNetworks.network(CONFIG, 5)) {
            // Given
            Map<String, float[]> first = gradients(network, FIRST);
            Map<String, float[]> second = gradients(network, SECOND);

            // When
            Map<String, float[]> both = gradients(network, FIRST, SECOND);

            // Then
            assertThat(both.keySet())
                    .isEqualTo(first.keySet())
                    .hasSize(network.weights().size());
            both.forEach((name, sums) -> {
                float[] expected = first.get(name).clone();
                for (int i = 0; i < expected.length; i++) {
                    expected[i] += second.get(name)[i];
                }
                assertThat(sums).as(name).containsExactly(expected, within(1e-6f));
            });
        }
    }

    @Test
    void gradients_count_as_often_as_they_are_weighed() {
        try (Transformer network = RandomNetworks.network(CONFIG, 5);
                Gradients weighed = new Gradients(network)) {
            // Given
            Map<String, float[]> plain = gradients(network, FIRST);

            // When
            weighed.weigh(0.25);
            new NextTokenObjective(network).accumulate(FIRST, weighed);

            // Then: a power of two changes no digit
            values(weighed).forEach((name, values) -> {
                float[] expected = plain.get(name).clone();
                for (int i = 0; i < expected.length; i++) {
                    expected[i] *= 0.25f;
                }
                assertThat(values).as(name).isEqualTo(expected);
            });
        }
    }

    @Test
    void a_weight_of_nothing_is_refused() {
        try (Transformer network = RandomNetworks.network(CONFIG, 5);
                Gradients gradients = new Gradients(network)) {
            assertThatThrownBy(() -> gradients.weigh(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("weight is 0.0");
        }
    }

    @Test
    void gradients_differ_from_one_batch_to_the_next() {
        try (Transformer network = RandomNetworks.network(CONFIG, 5)) {
            // When
            Map<String, float[]> first = gradients(network, FIRST);
            Map<String, float[]> second = gradients(network, SECOND);

            // Then
            first.forEach((name, values) -> assertThat(values).as(name).isNotEqualTo(second.get(name)));
        }
    }

    @Test
    void a_step_without_gradients_says_what_is_missing() {
        try (Transformer network = RandomNetworks.network(CONFIG, 5);
                Gradients none = new Gradients(network)) {
            assertThatThrownBy(none::arguments)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("let an objective add some");
        }
    }

    @Test
    void gradients_of_other_weights_are_refused() {
        try (Transformer network = RandomNetworks.network(CONFIG, 5);
                Gradients gradients = new Gradients(network)) {
            assertThatThrownBy(() -> gradients.add(Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("do not fit the weights");
        }
    }

    private static Map<String, float[]> gradients(Transformer network, Sequences... batches) {
        try (Gradients gradients = new Gradients(network)) {
            NextTokenObjective objective = new NextTokenObjective(network);
            for (Sequences batch : batches) {
                objective.accumulate(batch, gradients);
            }
            return values(gradients);
        }
    }

    private static Map<String, float[]> values(Gradients gradients) {
        Map<String, float[]> values = new TreeMap<>();
        for (NDArray one : gradients.arguments()) {
            values.put(one.getName(), one.toFloatArray());
        }
        return values;
    }

    private static Sequences batch(int firstSeed, int secondSeed) {
        return Sequences.packed(
                List.of(RandomNetworks.row(CONFIG, 12, firstSeed), RandomNetworks.row(CONFIG, 12, secondSeed)), 0);
    }
}
