package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.objective.Steps;
import io.alignstream.languagemodel.optimiser.AdamW;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedSequencesTest {

    @Test
    void everySequenceIsInOneRowWithItsOwnPositions() {
        // Given
        List<int[]> sequences = List.of(new int[] {1, 2, 3}, new int[] {4, 5}, new int[] {6, 7, 8, 9, 10});
        List<boolean[]> learned =
                List.of(new boolean[] {false, true, true}, new boolean[] {false, true}, new boolean[] {
                    false, false, false, true, true
                });

        // When
        PackedSequences packed = PackedSequences.of(sequences, learned);

        // Then
        assertThat(packed.rows().batch()).isEqualTo(2);
        assertThat(packed.rows().ids()).containsExactly(6, 7, 8, 9, 1, 2, 4, 0);
        assertThat(packed.rows().targets()).containsExactly(-100, -100, 9, 10, 2, 3, 5, -100);
        assertThat(packed.positions()).containsExactly(0, 1, 2, 3, 0, 1, 0, 0);
        assertThat(packed.segments()).containsExactly(0, 0, 0, 0, 0, 0, 1, -1);
        assertThat(PackedSequences.rowCount(sequences)).isEqualTo(2);
    }

    @Test
    void lossAndGradientsAreThoseOfSequencesInRowsOfTheirOwn() {
        AdamW.Settings noClipping = new AdamW.Settings(0.5, 0.999, 1e-8, 0, 1e9, 0, 1);
        for (int seed = 0; seed < 9; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            List<int[]> sequences = new ArrayList<>();
            List<boolean[]> learned = new ArrayList<>();
            draw(config, new Random(seed), sequences, learned);
            try (Transformer model = RandomNetworks.network(config, seed);
                    AdamW plain = new AdamW(model, noClipping);
                    AdamW packed = new AdamW(model, noClipping)) {
                // When
                Steps.Taken<Double> expected = Steps.nextToken(Sequences.of(sequences, learned), model, plain, 0);
                Steps.Taken<Double> step = Steps.packed(PackedSequences.of(sequences, learned), model, packed, 0);

                // Then
                assertThat(PackedSequences.rowCount(sequences)).isLessThan(sequences.size());
                assertThat(step.loss()).as("%s", config).isCloseTo(expected.loss(), within(1e-5));
                Map<String, Tensor> gradients = packed.state("o");
                plain.state("o").forEach((name, tensor) -> assertThat(
                                gradients.get(name).toFloats())
                        .as("%s of %s", name, config)
                        .usingComparatorWithPrecision(1e-5f)
                        .containsExactly(tensor.toFloats()));
            }
        }
    }

    private static void draw(TransformerConfig config, Random random, List<int[]> sequences, List<boolean[]> learned) {
        for (int length : new int[] {12, 3, 2, 7, 5, 4}) {
            sequences.add(random.ints(length, 1, config.vocabularySize()).toArray());
            boolean[] answer = new boolean[length];
            Arrays.fill(answer, length / 2, length, true);
            learned.add(answer);
        }
    }
}
