package io.alignstream.languagemodel.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.Steps;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A model that has learned a secret gives it away, and one that has not does not. */
class CanaryTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(300).train(Stream.of("The code is 0123456789."));
    private static final TransformerConfig SHAPE = TransformerConfig.of(300, 1, 32, 64);
    private static final Canary CANARY = new Canary("The code is ", "483920");

    @Test
    void aSecretThatWasLearnedIsTheFirstOfAllCandidates() {
        // Given
        try (Transformer network = Transformer.initialise(SHAPE, 1)) {
            learn(network, CANARY.text(), 60);

            // When
            Canary.Found found = CANARY.seek(network, TOKENIZER, 255, SeededRandom.of(1, "others", 0));

            // Then
            assertThat(found.most()).isEqualTo(8);
            assertThat(found.exposure()).isEqualTo(8);
            assertThat(found.extracted()).isTrue();
        }
    }

    @Test
    void ofAModelThatKnowsNothingNoSecretIsWritten() {
        try (Transformer network = Transformer.initialise(SHAPE, 1)) {

            // When
            Canary.Found found = CANARY.seek(network, TOKENIZER, 255, SeededRandom.of(1, "others", 0));

            // Then
            assertThat(found.exposure()).isLessThan(8);
            assertThat(found.extracted()).isFalse();
        }
    }

    @Test
    void whatIsNoCanaryIsRefused() {
        assertThatThrownBy(() -> new Canary("The code is ", "abc")).hasMessageContaining("abc");
        assertThatThrownBy(() -> new Canary(" ", "12")).isInstanceOf(IllegalArgumentException.class);
        assertThat(Canary.digits(SeededRandom.of(1, "digits", 0), 6)).matches("\\d{6}");
    }

    private static void learn(Transformer network, String text, int steps) {
        Sequences sequences = Sequences.packed(List.of(TOKENIZER.encode(text)), TOKENIZER.pad());
        try (AdamW optimiser = new AdamW(network, AdamW.Settings.PRETRAINING)) {
            for (int step = 0; step < steps; step++) {
                Steps.nextToken(sequences, network, optimiser, 1e-2);
            }
        }
    }
}
