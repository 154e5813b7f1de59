package io.alignstream.lessons.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecurrentNetworkTest {

    private static final int VOCABULARY = 7;
    private static final int WIDTH = 5;
    private static final int[] ROW = {3, 1, 4, 1, 5, 2, 6};

    @ParameterizedTest
    @EnumSource(Cell.class)
    void a_cell_computes_what_its_formula_says(Cell cell) {
        // Given: two layers with random weights
        try (RecurrentNetwork network =
                new RecurrentNetwork(new RecurrentNetwork.Sizes(cell, 2, VOCABULARY, WIDTH), 4)) {
            NaiveRecurrence naive =
                    new NaiveRecurrence(cell, 2, WIDTH, values(network.weights().arrays()));

            // When
            float[][] actual = network.logProbabilities(List.of(ROW));
            float[] next = network.next(ROW);

            // Then
            double[][] expected = naive.logProbabilities(ROW);
            for (int t = 0; t + 1 < ROW.length; t++) {
                assertThat((double) actual[0][t]).isCloseTo(expected[t][ROW[t + 1]], within(1e-5));
            }
            for (int token = 0; token < VOCABULARY; token++) {
                assertThat((double) next[token]).isCloseTo(expected[ROW.length - 1][token], within(1e-5));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Cell.class)
    void the_width_is_chosen_for_a_number_of_weights(Cell cell) {
        // Given
        RecurrentNetwork.Sizes some = new RecurrentNetwork.Sizes(cell, 2, 1_000, 4);

        // When
        RecurrentNetwork.Sizes sizes = some.near(300_000);

        // Then
        assertThat(sizes.parameters()).isCloseTo(300_000, within(20_000L));
        try (RecurrentNetwork network = new RecurrentNetwork(sizes, 1)) {
            assertThat(network.parameters()).isEqualTo(sizes.parameters());
        }
    }

    @Test
    void sizes_that_are_none_are_refused() {
        assertThatThrownBy(() -> new RecurrentNetwork.Sizes(Cell.GRU, 0, 10, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layers 0");
    }

    private static Map<String, float[]> values(Map<String, NDArray> arrays) {
        return arrays.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue()
                .toFloatArray()));
    }
}
