package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.stageruntime.testing.Settings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerConfigTest {

    @Test
    void the_defaults_are_in_their_ranges() {
        // When
        List<String> problems = Settings.problems(TokenizerConfig.class, Map.of());

        // Then
        assertThat(problems).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vocabulary-size | 10 | is 10 but must lie between 263 and 1048576",
                "batch-sequences | 40000 | is 40000 but must be at least 1 and, times the sequence length 128, at most 4000000 tokens",
                "cleaning.profile | strict | is strict but must be one of [exact, plain, web]"
            })
    void a_value_that_cannot_be_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        Map<String, String> settings = Map.of("alignstream.tokenizer." + name, value);

        // When
        List<String> problems = Settings.problems(TokenizerConfig.class, settings);

        // Then
        assertThat(problems).containsExactly("alignstream.tokenizer." + name + " " + message);
    }

    @Test
    void a_rule_that_there_is_not_is_named_with_those_that_there_are() {
        // Given
        Map<String, String> settings = Map.of("alignstream.tokenizer.cleaning.rules.gopher", "true");

        // When
        List<String> problems = Settings.problems(TokenizerConfig.class, settings);

        // Then
        assertThat(problems)
                .singleElement()
                .asString()
                .startsWith("alignstream.tokenizer.cleaning.rules cannot be: there is no cleaning rule 'gopher'")
                .contains("gopher-words");
    }
}
