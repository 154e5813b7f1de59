package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class BestWeightsTest {

    private static final TransformerConfig CONFIG = TransformerConfig.of(20, 1, 32, 16);

    @Test
    void stay_what_they_were_when_the_network_learns_on() {
        try (Transformer model = Transformer.initialise(CONFIG, 1)) {
            // Given
            Map<String, Tensor> then = model.tensors();
            BestWeights best = new BestWeights();
            best.keep(model.views(), 1);

            // When
            model.weights().values().forEach(weight -> weight.addi(1));

            // Then
            assertThat(best.tensors().orElseThrow()).isEqualTo(then);
        }
    }

    @Test
    void a_better_one_takes_the_place_of_the_one_before() {
        // Given
        BestWeights best = new BestWeights();
        best.keep(
                new LinkedHashMap<>(Map.of("a", Tensor.of(new float[] {1}, 1), "b", Tensor.of(new float[] {2}, 1))), 1);
        Tensor first = best.tensors().orElseThrow().get("a");

        // When
        best.keep(new LinkedHashMap<>(Map.of("a", Tensor.of(new float[] {3}, 1))), 2);

        // Then: in the same memory
        assertThat(best.tensors().orElseThrow()).isEqualTo(Map.of("a", Tensor.of(new float[] {3}, 1)));
        assertThat(first).isEqualTo(Tensor.of(new float[] {3}, 1));
    }

    @Test
    void are_stored_unless_they_are_the_present_weights() {
        // Given
        BestWeights best = new BestWeights();
        best.keep(new LinkedHashMap<>(Map.of("a", Tensor.of(new float[] {1}, 1))), 3);
        SequencedMap<String, Tensor> at3 = new LinkedHashMap<>();
        SequencedMap<String, Tensor> at4 = new LinkedHashMap<>();

        // When
        best.addTo(at3, 3);
        best.addTo(at4, 4);

        // Then
        assertThat(at3).isEmpty();
        assertThat(at4).containsOnlyKeys("best.a");
    }
}
