package io.alignstream.rlhf.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.rehearsal.ChattyModel;
import io.alignstream.rlhf.rehearsal.OwnTexts;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class OwnDocumentsTest {

    private static Transformer sft;

    @BeforeAll
    static void train() {
        sft = ChattyModel.reader();
    }

    @AfterAll
    static void close() {
        sft.close();
    }

    @Test
    void a_model_that_has_forgotten_what_was_read_is_as_far_away_as_its_perplexity_says() {
        // Given
        OwnTexts texts = written(100);
        OwnDocuments documents = new OwnDocuments(sft, texts);
        try (Transformer forgetful = Transformer.initialise(sft.config(), 9)) {

            // When
            double kl = documents.kl(forgetful);

            // Then
            assertThat(documents.kl(sft)).isZero();
            assertThat(kl).isCloseTo(loss(forgetful, texts) - loss(sft, texts), within(1e-4));
            assertThat(kl).isGreaterThan(1);
        }
    }

    @Test
    void of_a_few_documents_chance_would_decide() {
        assertThat(new OwnDocuments(sft, written(40)).tells()).isFalse();
        assertThat(new OwnDocuments(sft, OwnTexts.NONE).tells()).isFalse();
        assertThat(new OwnDocuments(sft, written(60)).tells()).isTrue();
    }

    @Test
    void what_int8_costs_is_told_in_bits_a_byte_and_is_little() {
        // Given
        TransformerConfig wide = TransformerConfig.of(sft.config().vocabularySize(), 2, 64, 128);
        try (Transformer candidate = Transformer.initialise(wide, 4)) {

            // When
            double loss = new OwnDocuments(sft, written(60)).int8Loss(candidate);

            // Then
            assertThat(loss).isNotZero().isCloseTo(0, within(0.02));
        }
    }

    private static OwnTexts written(int count) {
        OwnWriting.Counts counts = new OwnWriting.Counts(0, 0, count);
        return OwnWriting.of(sft, TinyParents.TOKENIZER, counts, 8, 1, GatePrompts.NONE, written -> {})
                .documents();
    }

    /** Mean over all tokens. */
    private static double loss(Transformer model, OwnTexts texts) {
        Sequences all = texts.batches(texts.size()).getFirst();
        return model.meanLoss(all);
    }
}
