package io.alignstream.rlhf.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.TinyParents;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class OwnConversationsTest {

    private static final Tokenizer TOKENIZER = TinyParents.TOKENIZER;
    private static Transformer model;

    @BeforeAll
    static void train() {
        model = ChattyModel.trained();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void aModelAsksWhatItHasRead() {
        // When
        OwnConversations own = OwnConversations.of(model, TOKENIZER, 200, 8, 1, GatePrompts.NONE, written -> {});

        // Then
        assertThat(own.size()).isEqualTo(200);
        assertThat(own.prompts()).allSatisfy(prompt -> {
            assertThat(prompt[0]).isEqualTo(TOKENIZER.user());
            assertThat(prompt[prompt.length - 2]).isEqualTo(TOKENIZER.endOfTurn());
            assertThat(prompt[prompt.length - 1]).isEqualTo(TOKENIZER.assistant());
        });
        List<String> known =
                ChattyModel.CONVERSATIONS.stream().map(List::getFirst).toList();
        assertThat(own.prompts().stream().filter(prompt -> known.contains(question(prompt))))
                .hasSizeGreaterThan(150);
    }

    @Test
    void theyAreAFunctionOfTheSeed() {
        assertThat(ids(OwnConversations.of(model, TOKENIZER, 40, 8, 7, GatePrompts.NONE, written -> {})))
                .isEqualTo(ids(OwnConversations.of(model, TOKENIZER, 40, 8, 7, GatePrompts.NONE, written -> {})))
                .isNotEqualTo(ids(OwnConversations.of(model, TOKENIZER, 40, 8, 8, GatePrompts.NONE, written -> {})));
    }

    @Test
    void noQuestionOfTheGateIsRehearsed() {
        // Given
        OwnConversations own = OwnConversations.of(model, TOKENIZER, 400, 8, 1, GatePrompts.NONE, written -> {});

        // When
        OwnConversations rehearsed = own.rehearsed();

        // Then
        assertThat(rehearsed.size() + own.validation().size() + own.heldOut().size())
                .isEqualTo(400);
        assertThat(questions(rehearsed))
                .doesNotContainAnyElementsOf(questions(own.heldOut()))
                .doesNotContainAnyElementsOf(questions(own.validation()));
        assertThat(questions(own.validation())).doesNotContainAnyElementsOf(questions(own.heldOut()));
    }

    @Test
    void whatPeopleHoldOutForTheGateIsNoneOfThem() {
        // Given
        String asked = ChattyModel.CONVERSATIONS.getFirst().getFirst();
        GatePrompts gate = GatePrompts.of(
                List.of(new Prompt("gate", List.of(Message.user(asked)), Map.of("purpose", "held-out"))));

        // When
        OwnConversations own = OwnConversations.of(model, TOKENIZER, 200, 8, 1, gate, written -> {});

        // Then
        assertThat(questions(own)).doesNotContain(asked);
        assertThat(questions(OwnConversations.of(model, TOKENIZER, 200, 8, 1, GatePrompts.NONE, written -> {})))
                .contains(asked);
    }

    private static Set<String> questions(OwnConversations conversations) {
        return conversations.prompts().stream()
                .map(OwnConversationsTest::question)
                .collect(Collectors.toSet());
    }

    @Test
    void aModelThatNeverEndsIsNotWaitedFor() {
        // Given
        try (Transformer random =
                Transformer.initialise(TransformerConfig.of(TOKENIZER.vocabularySize(), 1, 16, 40), 1)) {

            // When
            OwnConversations own = OwnConversations.of(random, TOKENIZER, 300, 8, 1, GatePrompts.NONE, written -> {});

            // Then
            assertThat(own.size()).isLessThan(300);
        }
    }

    @Test
    void noneAreAskedWhereThereIsNoRoom() {
        assertThat(OwnConversations.of(model, TOKENIZER, 10, 46, 1, GatePrompts.NONE, written -> {})
                        .size())
                .isZero();
    }

    private static String question(int[] prompt) {
        return TOKENIZER.decode(Arrays.copyOfRange(prompt, 1, prompt.length - 2));
    }

    private static List<List<Integer>> ids(OwnConversations own) {
        return own.prompts().stream()
                .map(prompt -> Arrays.stream(prompt).boxed().toList())
                .toList();
    }
}
