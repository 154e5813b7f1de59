package io.alignstream.training.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.split.HeldOut;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PromptSplitTest {

    @Test
    void tagsDecideWhereThereAreSome() {
        // Given
        List<Prompt> prompts = IntStream.range(0, 12)
                .mapToObj(i -> new Prompt(
                        "p" + i,
                        List.of(Message.user("question " + i)),
                        Map.of("purpose", i % 4 == 0 ? "held-out" : "train")))
                .toList();

        // When
        PromptSplit split = PromptSplit.of(prompts, 0);

        // Then
        assertThat(Stream.concat(split.heldOut().stream(), split.validation().stream()))
                .extracting(Prompt::id)
                .containsExactlyInAnyOrder("p0", "p4", "p8");
        assertThat(split.training())
                .hasSize(9)
                .doesNotContainAnyElementsOf(split.heldOut())
                .doesNotContainAnyElementsOf(split.validation());
    }

    @Test
    void whatPeopleOrTheRuleHoldOutIsTrainedOnUnderNoId() {
        // Given: one question tagged, and once more under another id without a tag
        List<Prompt> prompts = new ArrayList<>(untagged(400));
        prompts.add(new Prompt("tagged", List.of(Message.user("Question  7")), Map.of("purpose", "held-out")));

        // When
        PromptSplit split = PromptSplit.of(prompts, 0.1);

        // Then
        assertThat(split.heldOut()).extracting(Prompt::id).containsExactly("tagged");
        assertThat(split.training())
                .hasSizeGreaterThan(300)
                .noneMatch(prompt -> prompt.id().equals("u7"))
                .noneMatch(prompt -> HeldOut.of(prompt.messages(), prompt.tags(), 0.1));
    }

    @Test
    void otherwiseTheRuleOfEveryStageDecides() {
        // Given
        List<Prompt> prompts = untagged(400);

        // When
        PromptSplit split = PromptSplit.of(prompts, 0.1);

        // Then
        assertThat(split.heldOut())
                .isNotEmpty()
                .allMatch(prompt -> HeldOut.of(prompt.messages().getFirst().content(), 0.1));
        assertThat(split.training()).noneMatch(prompt -> HeldOut.of(prompt.messages(), prompt.tags(), 0.1));
        assertThat(split.heldOut().size()
                        + split.validation().size()
                        + split.training().size())
                .isEqualTo(400);
        assertThat(PromptSplit.of(prompts.reversed(), 0.1).heldOut()).isEqualTo(split.heldOut());
    }

    @Test
    void oneIsHeldOutAtLeastAndASingleOneServesBoth() {
        // Given
        List<Prompt> two = untagged(2);
        List<Prompt> one = untagged(1);

        // When, then
        assertThat(PromptSplit.of(two, 0.1).heldOut()).hasSize(1);
        assertThat(PromptSplit.of(two, 0.1).training()).hasSize(1);
        assertThat(PromptSplit.of(one, 0.1)).isEqualTo(new PromptSplit(one, one, one));
    }

    @Test
    void whatIsChosenByIsNeitherTrainedOnNorJudgedBy() {
        // Given
        List<Prompt> prompts = new ArrayList<>(untagged(400));
        prompts.add(new Prompt("tagged", List.of(Message.user("another question")), Map.of("purpose", "held-out")));

        // When
        PromptSplit split = PromptSplit.of(prompts, 0.1);

        // Then
        assertThat(split.validation())
                .hasSizeBetween(50, 110)
                .doesNotContainAnyElementsOf(split.training())
                .doesNotContainAnyElementsOf(split.heldOut());
    }

    @Test
    void aFewThatPeopleHoldOutAreHalved() {
        // Given
        List<Prompt> prompts = new ArrayList<>(untagged(5));
        prompts.addAll(heldOut("first", "second", "third"));

        // When
        PromptSplit split = PromptSplit.of(prompts, 0);

        // Then
        assertThat(split.heldOut()).hasSize(2).doesNotContainAnyElementsOf(split.validation());
        assertThat(split.validation()).hasSize(1);
        assertThat(split.training()).hasSize(5);
    }

    @Test
    void theGatesQuestionIsTrainedOnInNoConversation() {
        // Given: it begins a conversation, comes in a later turn, and without its mark
        List<Prompt> prompts = new ArrayList<>(untagged(30));
        prompts.addAll(heldOut("What is there to see?"));
        prompts.add(conversation("begins", "What is there to see?", "A tower.", "And else?"));
        prompts.add(conversation("later", "Hello!", "Hello!", "What is there to see?"));
        prompts.add(conversation("bare", "what is there to see"));

        // When
        PromptSplit split = PromptSplit.of(prompts, 0);

        // Then
        assertThat(split.training()).hasSize(30).extracting(Prompt::id).allMatch(id -> id.startsWith("u"));
    }

    @Test
    void whatEndsOtherwiseThanASentenceIsAnotherQuestion() {
        // Given
        List<Prompt> prompts = new ArrayList<>(heldOut("What is C?"));
        prompts.add(conversation("other", "What is C++?"));
        prompts.add(conversation("same", "what is C"));

        // When
        PromptSplit split = PromptSplit.of(prompts, 0);

        // Then
        assertThat(split.training()).extracting(Prompt::id).containsExactly("other");
    }

    @Test
    void whatIsTrainedOnKeepsItsOrder() {
        // Given
        List<Prompt> prompts = untagged(40);

        // When
        PromptSplit split = PromptSplit.of(prompts, 0);

        // Then
        assertThat(split.training())
                .hasSize(39)
                .isEqualTo(prompts.stream().filter(split.training()::contains).toList());
    }

    @Test
    void whereEverythingIsHeldOutNothingIsTrainedOn() {
        // Given
        List<Prompt> prompts = heldOut("one", "two", "three");

        // When, then
        assertThatThrownBy(() -> PromptSplit.of(prompts, 0.1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("all 3 prompts are held out");
    }

    private static List<Prompt> heldOut(String... questions) {
        return Stream.of(questions)
                .map(question ->
                        new Prompt("gate-" + question, List.of(Message.user(question)), Map.of("purpose", "held-out")))
                .toList();
    }

    private static Prompt conversation(String id, String... turns) {
        return new Prompt(
                id,
                IntStream.range(0, turns.length)
                        .mapToObj(i -> i % 2 == 0 ? Message.user(turns[i]) : Message.assistant(turns[i]))
                        .toList(),
                Map.of());
    }

    private static List<Prompt> untagged(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Prompt("u" + i, List.of(Message.user("question " + i)), Map.of()))
                .toList();
    }
}
