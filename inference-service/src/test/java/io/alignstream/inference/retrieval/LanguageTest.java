package io.alignstream.inference.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LanguageTest {

    @ParameterizedTest
    @CsvSource({
        "成都有什么好玩的？, CHINESE",
        "iPhone 在北京发布, CHINESE",
        "Which train goes to Shanghai?, ENGLISH",
        "The word 道 is hard to translate into English., ENGLISH",
        "42, ENGLISH",
        "'', ENGLISH"
    })
    void aTextIsChineseIfEnoughOfItIs(String text, Language expected) {
        // When
        Language language = Language.of(text);

        // Then
        assertThat(language).isEqualTo(expected);
    }
}
