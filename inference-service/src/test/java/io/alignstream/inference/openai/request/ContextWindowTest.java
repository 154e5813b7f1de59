package io.alignstream.inference.openai.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContextWindowTest {

    @ParameterizedTest
    @CsvSource({"60, 50, 40", "60, 40, 40", "60, 7, 7", "60, 9000000000, 40", "60, , 40", "10, , 80"})
    void anAnswerIsAsLongAsAskedForAndThereIsRoom(int promptTokens, Long asked, int longest) {
        // When
        int tokens = new ContextWindow(100)
                .answer(promptTokens, asked == null ? OptionalLong.empty() : OptionalLong.of(asked), 80);

        // Then
        assertThat(tokens).isEqualTo(longest);
    }
}
