package io.alignstream.languagemodel.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.optimiser.AdamW;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadObjectivesTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(40, 2, 24, 4, 2, 40, 32, 10_000, 1e-5, true);

    @Test
    void rankingLearnsTheOrder() {
        // Given: the answer that ends in 7 is better than the one that ends in 8, and 9 ties with 7
        Sequences answers =
                Sequences.packed(List.of(new int[] {1, 2, 7, 0}, new int[] {1, 2, 8, 0}, new int[] {1, 2, 9, 0}), -1);
        int[] last = {2, 2, 2};
        List<RankedPair> pairs = List.of(new RankedPair(0, 1, 0, 0.5, false), new RankedPair(2, 0, 0, 0.5, true));
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            model.addHead(1);
            try (AdamW optimiser = new AdamW(model, AdamW.Settings.REINFORCEMENT)) {

                // When
                RankingObjective objective = new RankingObjective(model, 0.01);
                RankingObjective.Batch batch = new RankingObjective.Batch(answers, last, pairs);
                double first =
                        Steps.take(objective, batch, model, optimiser, 1e-3).loss();
                double loss = first;
                for (int i = 0; i < 80; i++) {
                    loss = Steps.take(objective, batch, model, optimiser, 1e-3).loss();
                }

                // Then
                float[][] scores = model.scalars(answers);
                assertThat(loss).isLessThan(first);
                assertThat(scores[0][2]).isGreaterThan(scores[1][2] + 1);
                assertThat(Math.abs(scores[0][2] - scores[2][2])).isLessThan(0.5f);
            }
        }
    }

    @Test
    void policyStartsAtRatioOneAndRaisesWhatWasGood() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW optimiser = new AdamW(model, AdamW.Settings.REINFORCEMENT)) {
            // Given
            Sequences rows = Sequences.packed(List.of(new int[] {1, 2, 3}, new int[] {1, 2, 4}), -1);
            float[][] old = model.logProbabilities(rows, 1);
            float[][] advantages = {{0, 1}, {0, -1}};

            PolicyObjective objective = new PolicyObjective(model, 1, 0.2);
            PolicyObjective.Batch batch = new PolicyObjective.Batch(rows, old, advantages);

            // When
            PolicyObjective.Figures first =
                    Steps.take(objective, batch, model, optimiser, 1e-3).loss();

            // Then
            assertThat(first.greatestRatioGap()).isLessThan(1e-5);
            assertThat(first.meanRatio()).isCloseTo(1, within(1e-5));
            assertThat(first.clipFraction()).isZero();
            float[][] now = model.logProbabilities(rows, 1);
            assertThat(now[0][1]).isGreaterThan(old[0][1]);
            assertThat(now[1][1]).isLessThan(old[1][1]);
            for (int i = 0; i < 30; i++) {
                Steps.take(objective, batch, model, optimiser, 1e-3);
            }
            assertThat(Steps.take(objective, batch, model, optimiser, 1e-3)
                            .loss()
                            .clipFraction())
                    .isPositive();
        }
    }

    @Test
    void valuesMoveTowardsTheReturns() {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            model.addHead(1);
            try (AdamW optimiser = new AdamW(model, AdamW.Settings.REINFORCEMENT)) {
                // Given
                Sequences rows = Sequences.packed(List.of(new int[] {1, 2, 3}), -1);
                float[][] old = model.scalars(rows);
                float[][] returns = {{old[0][0] + 1, old[0][1] - 1}};

                ValueObjective objective = new ValueObjective(model, 10, 1);
                ValueObjective.Batch batch = new ValueObjective.Batch(rows, old, returns);

                // When
                for (int i = 0; i < 20; i++) {
                    Steps.take(objective, batch, model, optimiser, 1e-3);
                }

                // Then
                float[][] now = model.scalars(rows);
                assertThat(now[0][0]).isGreaterThan(old[0][0] + 0.3f);
                assertThat(now[0][1]).isLessThan(old[0][1] - 0.3f);
            }
        }
    }
}
