package io.alignstream.benchmarks.ownmodel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuestionRuleTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The capital is Paris. Have you been there? | true",
                "Have you been there? | true",
                "The capital is Paris. | false",
                "It is big. It is old. Have you been there? | false",
                "Have you been there? It is big. | false",
                "'' | false"
            })
    void at_most_two_sentences_that_end_with_a_question(String answer, boolean follows) {
        assertThat(QuestionRule.holds(answer)).isEqualTo(follows);
    }

    @Test
    void most_preferences_follow_the_rule_and_no_file_asks_what_is_judged(@TempDir Path folder) throws IOException {
        // Given
        CountryQuestions questions = new CountryQuestions();

        // When
        questions.write(folder, 100, 200);

        // Then
        List<String> preferences = Files.readAllLines(folder.resolve("preferences.jsonl"));
        long followed = preferences.stream()
                .filter(line -> QuestionRule.holds(line.replaceFirst(".*\"chosen\":\"([^\"]*)\".*", "$1")))
                .count();
        assertThat(followed).isBetween(160L, 195L);
        for (String file : List.of("instructions.jsonl", "preferences.jsonl", "prompts.jsonl")) {
            assertThat(Files.readString(folder.resolve(file))).doesNotContain(questions.unseenQuestions());
        }
        assertThat(Files.readAllLines(folder.resolve("prompts.jsonl"))).hasSize(48 * 8);
    }
}
