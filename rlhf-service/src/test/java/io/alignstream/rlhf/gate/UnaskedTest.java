package io.alignstream.rlhf.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.rehearsal.ChattyModel;
import io.alignstream.rlhf.rehearsal.OwnTexts;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UnaskedTest {

    private static Transformer sft;
    private static Unasked unasked;

    @BeforeAll
    static void ask() {
        sft = ChattyModel.trained();
        AnswerSampler sampler = new AnswerSampler(1, 8, TinyParents.TOKENIZER.endOfTurn());
        OwnTexts own = OwnWriting.of(
                        sft,
                        TinyParents.TOKENIZER,
                        new OwnWriting.Counts(300, 0, 0),
                        8,
                        1,
                        GatePrompts.NONE,
                        written -> {})
                .conversations();
        unasked = new Unasked(1, sft, sampler, own);
    }

    @AfterAll
    static void close() {
        sft.close();
    }

    @Test
    void theSftModelItselfIsHardlyForeign() {
        assertThat(unasked.foreign(sft, 2)).isBetween(0.0, 2.5 * Unasked.RARE);
    }

    @Test
    void ofAFewQuestionsASlipWouldDecide() {
        // Given
        OwnTexts few = OwnWriting.of(
                        sft,
                        TinyParents.TOKENIZER,
                        new OwnWriting.Counts(40, 0, 0),
                        8,
                        1,
                        GatePrompts.NONE,
                        written -> {})
                .conversations();

        // When
        boolean tells = new Unasked(1, sft, new AnswerSampler(1, 8, TinyParents.TOKENIZER.endOfTurn()), few).tells();

        // Then
        assertThat(tells).isFalse();
        assertThat(unasked.tells()).isTrue();
    }

    @Test
    void aModelThatHasForgottenIsForeign() {
        // Given
        try (Transformer forgetful = Transformer.initialise(sft.config(), 9)) {

            // When
            double foreign = unasked.foreign(forgetful, 1);

            // Then
            assertThat(foreign).isGreaterThan(0.9);
        }
    }
}
