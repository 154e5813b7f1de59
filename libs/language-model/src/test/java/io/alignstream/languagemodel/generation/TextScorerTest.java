package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TextScorerTest {

    private static final TransformerConfig CONFIG =
            new TransformerConfig(211, 2, 128, 4, 2, 192, 200, 10_000, 1e-5, true);

    @Test
    void scoresAsTrainingDoesAndTellsWhatSmallerNumbersCost() {
        try (Transformer model = Transformer.initialise(CONFIG, 5);
                PreparedWeights exact = new PreparedWeights(model);
                PreparedWeights rounded = new PreparedWeights(model, WeightFormat.INT8)) {
            // Given
            int[] text = new SplittableRandom(3).ints(150, 0, 211).toArray();
            double expected = 0;
            for (float log : model.logProbabilities(Sequences.packed(List.of(text), -1), 1)[0]) {
                expected += log;
            }

            // When
            double score = new TextScorer(exact).logProbability(text);
            double int8 = new TextScorer(rounded).logProbability(text);

            // Then
            assertThat(score).isCloseTo(expected, within(1e-3));
            assertThat(int8).isNotEqualTo(score).isCloseTo(score, within(1.0));
        }
    }

    @Test
    void refusesATextWithoutATokenToBeExpectedAndOneThatIsTooLong() {
        try (Transformer model = Transformer.initialise(CONFIG, 5);
                PreparedWeights weights = new PreparedWeights(model)) {
            TextScorer scorer = new TextScorer(weights);
            assertThatThrownBy(() -> scorer.logProbability(1)).hasMessageContaining("1 tokens");
            assertThatThrownBy(() -> scorer.logProbability(new int[201])).hasMessageContaining("201 tokens");
        }
    }
}
