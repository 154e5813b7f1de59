package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextEmbedderTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(50, 2, 16, 2, 1, 32, 12, 10_000, 1e-6, false);

    /** Logits are linear in the hidden states: those of the mean are the mean of those. */
    @Test
    void aVectorIsTheMeanOfTheHiddenStates() throws Exception {
        try (Transformer network = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(network)) {
            // Given
            int[] ids = {4, 17, 30, 9, 9};
            float[][] logits = network.logits(ids);
            float[] head = network.tensors().get("lm_head.weight").toFloats();

            // When
            float[] vector = new TextEmbedder(weights).embed(ids);

            // Then
            double length = 0;
            for (float value : vector) {
                length += value * value;
            }
            assertThat(length).isCloseTo(1, within(1e-5));
            double scale = mean(logits, 0) / product(head, 0, vector);
            assertThat(scale).isPositive();
            for (int token = 0; token < 50; token++) {
                assertThat(scale * product(head, token, vector)).isCloseTo(mean(logits, token), within(1e-4));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"BFLOAT16", "INT8"})
    void smallerNumbersPointNearlyTheSameWay(WeightFormat format) {
        TransformerConfig wide = new TransformerConfig(50, 2, 128, 4, 2, 192, 12, 10_000, 1e-5, true);
        try (Transformer network = Transformer.initialise(wide, 3);
                PreparedWeights exact = new PreparedWeights(network);
                PreparedWeights smaller = new PreparedWeights(network, format)) {
            // Given
            int[] ids = {4, 17, 30, 9, 9};
            float[] expected = new TextEmbedder(exact).embed(ids);

            // When
            float[] vector = new TextEmbedder(smaller).embed(ids);

            // Then
            double cosine = 0;
            for (int i = 0; i < vector.length; i++) {
                cosine += vector[i] * expected[i];
            }
            assertThat(cosine).isCloseTo(1, within(1e-3));
            assertThat(vector).isNotEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void amongOthersATextHasTheSameVectorToTheBit(WeightFormat format) {
        // Given
        List<int[]> texts = List.of(new int[] {3}, new int[] {5, 1, 4, 1, 5}, new int[] {2, 7});
        try (Transformer network = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(network, format)) {
            TextEmbedder embedder = new TextEmbedder(weights);

            // When
            List<float[]> together = embedder.embed(texts);

            // Then
            assertThat(together).hasSize(3);
            for (int i = 0; i < 3; i++) {
                assertThat(together.get(i)).isEqualTo(embedder.embed(texts.get(i)));
            }
        }
    }

    @Test
    void aTextOfNothingIsRefused() {
        try (Transformer network = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(network)) {
            TextEmbedder embedder = new TextEmbedder(weights);

            // When, Then
            assertThatThrownBy(() -> embedder.embed())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 to 12");
        }
    }

    private static double mean(float[][] logits, int token) {
        double sum = 0;
        for (float[] row : logits) {
            sum += row[token];
        }
        return sum / logits.length;
    }

    private static double product(float[] head, int token, float[] vector) {
        double sum = 0;
        for (int i = 0; i < vector.length; i++) {
            sum += head[token * vector.length + i] * vector[i];
        }
        return sum;
    }
}
