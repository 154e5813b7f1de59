package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.ArrayList;
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
    void tellsOfEveryTokenHowProbableItIs() {
        try (Transformer model = Transformer.initialise(CONFIG, 5);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given: more than a block of tokens
            int[] text = new SplittableRandom(3).ints(150, 0, 211).toArray();
            TextScorer scorer = new TextScorer(weights);

            // When
            List<float[]> every = new ArrayList<>();
            scorer.logProbabilities(text, every::add);

            // Then
            double sum = 0;
            for (int i = 0; i + 1 < text.length; i++) {
                double whole = 0;
                for (float log : every.get(i)) {
                    whole += Math.exp(log);
                }
                assertThat(whole).isCloseTo(1, within(1e-5));
                sum += every.get(i)[text[i + 1]];
            }
            assertThat(every).hasSize(149);
            assertThat(sum).isCloseTo(scorer.logProbability(text), within(1e-3));
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
