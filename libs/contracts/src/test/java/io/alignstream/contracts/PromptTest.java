package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptTest {

    private static final List<Message> QUESTION = List.of(Message.user("Which tower is taller?"));

    @Test
    void reference_answers_are_optional() {
        assertThat(new Prompt("a", QUESTION, Map.of()).referenceAnswers()).isEmpty();
    }

    @Test
    void an_empty_reference_answer_is_refused() {
        assertThatThrownBy(() -> new Prompt("a", QUESTION, List.of(" "), Map.of()))
                .hasMessageContaining("referenceAnswers");
    }
}
