package io.alignstream.rlhf.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeldOutPromptTest {

    private static final List<Message> QUESTION = List.of(Message.user("Which tower is taller?"));

    @Test
    void a_right_answer_is_right_however_it_is_typed() {
        // Given
        Prompt prompt = new Prompt("a", QUESTION, List.of("The old one", "Old Tower"), Map.of());

        // When
        List<Boolean> right = List.of(
                HeldOutPrompt.isRight(prompt, "the  old one\n"),
                HeldOutPrompt.isRight(prompt, "ＯＬＤ tower"),
                HeldOutPrompt.isRight(prompt, "The old one. No, the new"));

        // Then
        assertThat(right).containsExactly(true, true, false);
    }

    @Test
    void without_reference_answers_nothing_is_right() {
        assertThat(HeldOutPrompt.isRight(new Prompt("a", QUESTION, Map.of()), "anything"))
                .isFalse();
    }
}
