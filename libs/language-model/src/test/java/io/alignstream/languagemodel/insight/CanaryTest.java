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
            learn(network, TOKENIZER, CANARY.text(), 60);

            // When
            Canary.Found found = CANARY.seek(network, TOKENIZER, 255, SeededRandom.of(1, "others", 0));

            // Then
            assertThat(found.most()).isEqualTo(8);
            assertThat(found.exposure()).isEqualTo(8);
            assertThat(found.extracted()).isTrue();
        }
    }

    @Test
    void aSecretOfWhichTheTokenizerMadeTokensIsWrittenToo() {
        // Given: its digits one by one are not what the model has learned
        Tokenizer tokenizer = new BpeTrainer(300).train(Stream.of((CANARY.text() + "\n").repeat(50)));
        try (Transformer network = Transformer.initialise(SHAPE, 1)) {
            learn(network, tokenizer, CANARY.text(), 60);

            // When
            Canary.Found found = CANARY.seek(network, tokenizer, 255, SeededRandom.of(1, "others", 0));

            // Then
            assertThat(tokenizer.encode("483920").length).isLessThan(6);
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

    private static void learn(Transformer network, Tokenizer tokenizer, String text, int steps) {
        Sequences sequences = Sequences.packed(List.of(tokenizer.encode(text)), tokenizer.pad());
        try (AdamW optimiser = new AdamW(network, AdamW.Settings.PRETRAINING)) {
            for (int step = 0; step < steps; step++) {
                Steps.nextToken(sequences, network, optimiser, 1e-2);
            }
        }
    }
}
