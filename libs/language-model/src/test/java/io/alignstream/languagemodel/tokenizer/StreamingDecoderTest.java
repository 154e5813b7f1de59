package io.alignstream.languagemodel.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamingDecoderTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(600).train(Samples.mixedCorpus().stream());

    @Test
    void aCharacterIsHeldBackUntilItIsComplete() {
        // Given
        StreamingDecoder decoder = new StreamingDecoder(TOKENIZER);
        int[] bytes = TOKENIZER.encode("喝"); // not in the alphabet: three byte tokens

        // When
        String first = decoder.next(bytes[0]);
        String second = decoder.next(bytes[1]);
        String third = decoder.next(bytes[2]);

        // Then
        assertThat(bytes).hasSize(3);
        assertThat(first).isEmpty();
        assertThat(second).isEmpty();
        assertThat(third).isEqualTo("喝");
        assertThat(decoder.end()).isEmpty();
    }

    @Test
    void partsTogetherAreTheDecodedText() {
        // Given: ids as an untrained model makes them, most of them byte and control tokens
        Random random = new Random(9);
        for (int round = 0; round < 2_000; round++) {
            int[] ids = random.ints(random.nextInt(40), 0, random.nextBoolean() ? 262 : TOKENIZER.vocabularySize())
                    .toArray();
            StreamingDecoder decoder = new StreamingDecoder(TOKENIZER);

            // When
            StringBuilder parts = new StringBuilder();
            for (int id : ids) {
                parts.append(decoder.next(id));
            }
            parts.append(decoder.end());

            // Then
            assertThat(parts.toString()).isEqualTo(TOKENIZER.decode(ids));
        }
    }
}
