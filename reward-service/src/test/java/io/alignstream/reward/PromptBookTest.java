package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.reward.desk.At;
import io.alignstream.stageruntime.Origin;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PromptBookTest {

    private static final Map<String, String> GATE = Map.of("purpose", "held-out");
    private static final Origin ANYWHERE = new At(0);

    private final PromptBook book = new PromptBook();

    @Test
    void whatTheGateAsksIsNotAskedWhicheverCameFirst() {
        // Given
        add("before", "Gate?", Map.of());
        add("other", "Other?", Map.of());
        List<Prompt> first = book.prompts();

        // When
        add("gate", "gate?", GATE);
        List<Prompt> withGate = book.prompts();
        add("after", "GATE?", Map.of());
        List<Prompt> afterwards = book.prompts();
        book.withdrawn("gate");

        // Then
        assertThat(first).extracting(Prompt::id).containsExactlyInAnyOrder("before", "other");
        assertThat(withGate).extracting(Prompt::id).containsExactly("other");
        assertThat(afterwards).extracting(Prompt::id).containsExactly("other");
        assertThat(book.prompts()).extracting(Prompt::id).containsExactlyInAnyOrder("before", "other", "after");
    }

    @Test
    void thePromptsAreThoseThatCameLastInOneOrder() {
        // Given
        PromptBook reversed = new PromptBook();
        IntStream.range(0, 50).forEach(i -> add("p" + i, "before " + i, Map.of()));
        book.prompts();

        // When
        IntStream.range(0, 50).forEach(i -> add("p" + i, "question " + i, Map.of()));
        IntStream.range(0, 50)
                .forEach(i -> reversed.handle(prompt("p" + (49 - i), "question " + (49 - i), Map.of()), ANYWHERE));

        // Then
        assertThat(book.prompts()).isEqualTo(reversed.prompts()).hasSize(50);
        assertThat(book.prompts())
                .allMatch(prompt -> prompt.messages().getFirst().content().startsWith("question"));
    }

    @Test
    void whatComesAgainUnchangedIsNoChange() {
        // Given
        add("p", "question", Map.of());
        long before = book.changes();

        // When
        add("p", "question", Map.of());
        book.withdrawn("unknown");

        // Then
        assertThat(book.changes()).isEqualTo(before);
    }

    /** Every comparison asks: looking at each prompt each time would take minutes. */
    @Test
    @Timeout(value = 30, unit = TimeUnit.SECONDS)
    void aPromptMoreDoesNotMeanALookAtAllOfThem() {
        // Given
        add("gate", "Gate?", GATE);
        IntStream.range(0, 100_000).forEach(i -> add("p" + i, "What is there to see in city " + i + "?", Map.of()));
        book.prompts();

        // When
        IntStream.range(0, 200).forEach(i -> {
            add("more" + i, "What is there to eat in city " + i + "?", Map.of());
            book.prompts();
        });

        // Then
        assertThat(book.prompts()).hasSize(100_200);
    }

    private void add(String id, String text, Map<String, String> tags) {
        book.handle(prompt(id, text, tags), ANYWHERE);
    }

    private static Prompt prompt(String id, String text, Map<String, String> tags) {
        return new Prompt(id, List.of(Message.user(text)), tags);
    }
}
