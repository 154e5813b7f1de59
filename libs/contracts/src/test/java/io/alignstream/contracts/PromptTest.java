package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptTest {

    private static final List<Message> QUESTION = List.of(Message.user("Which tower is taller?"));

    @Test
    void a_right_answer_is_right_however_it_is_typed() {
        // Given
        Prompt prompt = new Prompt("a", QUESTION, List.of("The old one", "Old Tower"), Map.of());

        // When
        List<Boolean> right = List.of(
                prompt.isRight("the  old one\n"),
                prompt.isRight("ＯＬＤ tower"),
                prompt.isRight("The old one. No, the new"));

        // Then
        assertThat(right).containsExactly(true, true, false);
    }

    @Test
    void without_reference_answers_nothing_is_right() {
        assertThat(new Prompt("a", QUESTION, Map.of()).isRight("anything")).isFalse();
    }

    @Test
    void an_empty_reference_answer_is_refused() {
        assertThatThrownBy(() -> new Prompt("a", QUESTION, List.of(" "), Map.of()))
                .hasMessageContaining("referenceAnswers");
    }
}
