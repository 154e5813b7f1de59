package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FootprintTest {

    private static final int POSITIONS = 64;

    @Test
    void a_token_costs_six_operations_a_weight_and_twelve_for_what_attention_looks_at() {
        // Given: 100 tokens, 2 layers, width 64 in 2 heads of 32, feed-forward 192, embeddings tied
        TransformerConfig config = TransformerConfig.of(100, 2, 64, POSITIONS);

        // When
        double flops = Footprint.of(config).trainingFlopsPerToken(POSITIONS);

        // Then
        double block = 4 * 64 * 64 + 3 * 64 * 192 + 2 * 64;
        double weights = 100 * 64 + 2 * block + 64;
        double attention = 12 * 2 * 2 * 32 * POSITIONS;
        assertThat(flops).isEqualTo(6 * weights + attention);
    }

    @Test
    void an_embedding_that_is_only_looked_up_costs_nothing() {
        // Given
        TransformerConfig tied = new TransformerConfig(100, 2, 64, 2, 2, 192, POSITIONS, 10_000, 1e-6, true);
        TransformerConfig untied = new TransformerConfig(100, 2, 64, 2, 2, 192, POSITIONS, 10_000, 1e-6, false);

        // When
        double flops = Footprint.of(untied).trainingFlopsPerToken(POSITIONS);

        // Then
        assertThat(flops).isEqualTo(Footprint.of(tied).trainingFlopsPerToken(POSITIONS));
    }
}
