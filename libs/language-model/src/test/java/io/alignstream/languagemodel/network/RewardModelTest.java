package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.random.SeededRandom;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardModelTest {

    private static final TransformerConfig SIZE = TransformerConfig.of(20, 1, 32, 16);
    private static final List<int[]> ROWS = List.of(new int[] {3, 4, 5}, new int[] {3, 4, 5, 6, 7}, new int[] {9});

    @Test
    void scoreIsReadAtTheLastTokenWhateverTheRowSharesABatchWith() {
        // Given
        try (RewardModel model = model(0.25f)) {

            // When
            double[] together = model.scores(ROWS);

            // Then
            for (int i = 0; i < ROWS.size(); i++) {
                assertThat(together[i]).isCloseTo(model.scores(List.of(ROWS.get(i)))[0], within(1e-5));
            }
            assertThat(together[0]).isNotEqualTo(together[1]);
        }
    }

    @Test
    void normalisedScoresAreShiftedAndScaledAlsoAfterAVisitToTheDisk(@TempDir Path folder) throws IOException {
        // Given
        try (RewardModel model = model(0.25f);
                RewardModel normalised = model.normalised(0.5, 2)) {

            // When
            SIZE.save(folder, new int[] {1}, 0);
            Safetensors.write(folder.resolve("model.safetensors"), normalised.views(), Map.of());

            // Then
            double[] expected =
                    Arrays.stream(model.scores(ROWS)).map(r -> (r - 0.5) / 2).toArray();
            try (RewardModel loaded = RewardModel.load(folder)) {
                assertThat(loaded.scores(ROWS)).containsExactly(expected, within(1e-6));
                assertThat(loaded.views()).isEqualTo(normalised.views());
            }
            assertThatThrownBy(() -> model.normalised(0, 0)).hasMessageContaining("deviation must be positive");
        }
    }

    @Test
    void refusesANetworkWithoutAHead(@TempDir Path folder) throws IOException {
        // Given
        try (Transformer network = Transformer.initialise(SIZE, 1)) {
            SIZE.save(folder, new int[] {1}, 0);
            Safetensors.write(folder.resolve("model.safetensors"), network.tensors(), Map.of());

            // When, then
            assertThatThrownBy(() -> new RewardModel(network, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RewardModel.load(folder).close())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("this is no reward model");
        }
    }

    @Test
    void seededNumbersDependOnPurposeAndIndexOnly() {
        // When
        long first = SeededRandom.of(1, "a", 0).nextLong();

        // Then
        assertThat(SeededRandom.of(1, "a", 0).nextLong()).isEqualTo(first);
        assertThat(List.of(
                        SeededRandom.of(2, "a", 0).nextLong(),
                        SeededRandom.of(1, "b", 0).nextLong(),
                        SeededRandom.of(1, "a", 1).nextLong()))
                .doesNotContain(first);
        assertThat(SeededRandom.permutation(50, SeededRandom.of(1, "a", 0)))
                .doesNotHaveDuplicates()
                .hasSize(50)
                .contains(0, 49);
    }

    private static RewardModel model(float bias) {
        Transformer network = Transformer.initialise(SIZE, 1);
        network.addHead(1);
        return new RewardModel(network, bias);
    }
}
