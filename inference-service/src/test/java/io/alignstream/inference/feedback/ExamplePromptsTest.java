package io.alignstream.inference.feedback;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.stageruntime.kept.KeptState;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExamplePromptsTest {

    private final KeptState state = KeptState.temporary();
    private final ExamplePrompts examples = new ExamplePrompts(state);

    @AfterEach
    void close() {
        state.close();
    }

    @Test
    void theSameFourAreShownInWhateverOrderPromptsCome() {
        // Given
        ExamplePrompts other = new ExamplePrompts(KeptState.temporary());
        IntStream.range(0, 20).forEach(index -> examples.take(prompt(index)));

        // When
        IntStream.range(0, 20).map(index -> 19 - index).forEach(index -> other.take(prompt(index)));

        // Then
        assertThat(examples.texts()).hasSize(4).isEqualTo(other.texts());
    }

    @Test
    void onlyShortQuestionsThatNoUserTypedAreShown() {
        // When
        examples.take(prompt("long", "x".repeat(81), Map.of()));
        examples.take(prompt("typed", "My secret", Map.of("source", Feedback.SOURCE)));
        examples.take(new Prompt(
                "talk", List.of(Message.user("Hi"), Message.assistant("Hi"), Message.user("And?")), Map.of()));
        examples.take(prompt("short", "Which train?", Map.of("source", "ours")));

        // Then
        assertThat(examples.texts()).containsExactly("Which train?");
    }

    @Test
    void whatIsWithdrawnOrReplacedByWhatIsNoneIsShownNoMore() {
        // Given
        examples.take(prompt(1));
        examples.take(prompt(2));
        examples.take(prompt(3));

        // When
        examples.withdrawn("1");
        examples.take(prompt("2", "y".repeat(81), Map.of()));

        // Then
        assertThat(examples.texts()).containsExactly("question 3");
    }

    @Test
    void theyComeBackWithTheKeptState() {
        // Given
        IntStream.range(0, 20).forEach(index -> examples.take(prompt(index)));
        ExamplePrompts again = new ExamplePrompts(state);

        // When
        again.restore();

        // Then
        assertThat(again.texts()).isEqualTo(examples.texts());
    }

    private static Prompt prompt(int index) {
        return prompt(Integer.toString(index), "question " + index, Map.of());
    }

    private static Prompt prompt(String id, String question, Map<String, String> tags) {
        return new Prompt(id, List.of(Message.user(question)), tags);
    }
}
