package io.alignstream.textcleaning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormalisedTextTest {

    @Test
    void composesUnifiesLineEndsAndRemovesControls() {
        // Given
        String raw = "\uFEFF \u3000cafe\u0301\r\n今\u0000天\r上\u2028海\tA\u0007\u00A0\n";

        // When
        NormalisedText text = NormalisedText.of(raw);

        // Then
        assertThat(text.text()).isEqualTo("café\n今天\n上\n海\tA");
    }

    @Test
    void keepsPairsAndReplacesHalvesOfThem() {
        // Given
        String raw = "🐼\uD83D a\uDC3C";

        // When
        NormalisedText text = NormalisedText.of(raw);

        // Then
        assertThat(text.text()).isEqualTo("🐼\uFFFD a\uFFFD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\u3000\u00A0\t\r\n", "\u0000\u0007", "\uFEFF"})
    void leavesNothingOfTextsWithoutText(String raw) {
        // When
        NormalisedText text = NormalisedText.of(raw);

        // Then
        assertThat(text.isEmpty()).isTrue();
    }
}
