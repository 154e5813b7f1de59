package io.alignstream.rlhf.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.network.Sequences;
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

class OwnWritingTest {

    private static final Tokenizer TOKENIZER = TinyParents.TOKENIZER;
    private static Transformer model;
    private static Transformer reader;

    @BeforeAll
    static void train() {
        model = ChattyModel.trained();
        reader = ChattyModel.reader();
    }

    @AfterAll
    static void close() {
        model.close();
        reader.close();
    }

    @Test
    void aModelAsksWhatItHasRead() {
        // When
        OwnTexts own = conversations(model, 200, 8, 1, GatePrompts.NONE);

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
        assertThat(ids(conversations(model, 40, 8, 7, GatePrompts.NONE)))
                .isEqualTo(ids(conversations(model, 40, 8, 7, GatePrompts.NONE)))
                .isNotEqualTo(ids(conversations(model, 40, 8, 8, GatePrompts.NONE)));
    }

    @Test
    void noQuestionOfTheGateIsRehearsed() {
        // Given
        OwnTexts own = conversations(model, 400, 8, 1, GatePrompts.NONE);

        // When
        OwnTexts rehearsed = own.rehearsed();

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
        OwnTexts own = conversations(model, 200, 8, 1, gate);

        // Then
        assertThat(questions(own)).doesNotContain(asked);
        assertThat(questions(conversations(model, 200, 8, 1, GatePrompts.NONE))).contains(asked);
    }

    private static Set<String> questions(OwnTexts conversations) {
        return conversations.prompts().stream().map(OwnWritingTest::question).collect(Collectors.toSet());
    }

    @Test
    void aModelThatNeverEndsIsNotWaitedFor() {
        // Given
        try (Transformer random =
                Transformer.initialise(TransformerConfig.of(TOKENIZER.vocabularySize(), 1, 16, 40), 1)) {

            // When
            OwnTexts own = conversations(random, 300, 8, 1, GatePrompts.NONE);

            // Then
            assertThat(own.size()).isLessThan(300);
        }
    }

    @Test
    void noneAreAskedWhereThereIsNoRoom() {
        assertThat(conversations(model, 10, 46, 1, GatePrompts.NONE).size()).isZero();
    }

    @Test
    void conversations_open_with_what_the_model_has_read() {
        // When
        OwnTexts opened = OwnWriting.of(
                        reader, TOKENIZER, new OwnWriting.Counts(0, 100, 0), 8, 1, GatePrompts.NONE, written -> {})
                .conversations();

        // Then
        assertThat(opened.size()).isEqualTo(100);
        assertThat(opened.prompts()).allSatisfy(prompt -> {
            assertThat(prompt[0]).isEqualTo(TOKENIZER.user());
            assertThat(prompt[prompt.length - 2]).isEqualTo(TOKENIZER.endOfTurn());
            assertThat(prompt.length - 3).isBetween(Author.SHORTEST_OPENING, Author.LONGEST_OPENING);
        });
        assertThat(opened.prompts().stream()
                        .map(OwnWritingTest::question)
                        .filter(opening -> ChattyModel.DOCUMENT.startsWith(opening)))
                .hasSizeGreaterThan(70);
        assertThat(opened.prompts().stream().mapToInt(prompt -> prompt.length).distinct())
                .hasSizeGreaterThan(3);
    }

    @Test
    void documents_are_what_the_model_has_read_but_for_what_the_gate_asks() {
        // Given
        GatePrompts gate = GatePrompts.of(List.of(
                new Prompt("gate", List.of(Message.user(ChattyModel.DOCUMENT)), Map.of("purpose", "held-out"))));
        OwnWriting.Counts counts = new OwnWriting.Counts(0, 0, 200);

        // When
        OwnTexts documents = OwnWriting.of(reader, TOKENIZER, counts, 8, 1, GatePrompts.NONE, written -> {})
                .documents();

        // Then
        assertThat(documents.size()).isEqualTo(200);
        assertThat(read(documents)).contains(ChattyModel.DOCUMENT);
        assertThat(read(documents.rehearsed())).doesNotContainAnyElementsOf(read(documents.heldOut()));
        assertThat(read(OwnWriting.of(reader, TOKENIZER, counts, 8, 1, gate, written -> {})
                        .documents()))
                .isNotEmpty()
                .doesNotContain(ChattyModel.DOCUMENT);
    }

    private static Set<String> read(OwnTexts documents) {
        return documents.batches(1).stream()
                .map(Sequences::targets)
                .map(targets -> TOKENIZER.decode(Arrays.stream(targets)
                        .mapToInt(target -> (int) target)
                        .filter(target -> target >= 0 && target != TOKENIZER.endOfDocument())
                        .toArray()))
                .collect(Collectors.toSet());
    }

    private static OwnTexts conversations(Transformer by, int count, int longestAnswer, long seed, GatePrompts gate) {
        return OwnWriting.of(
                        by, TOKENIZER, new OwnWriting.Counts(count, 0, 0), longestAnswer, seed, gate, written -> {})
                .conversations();
    }

    private static String question(int[] prompt) {
        return TOKENIZER.decode(Arrays.copyOfRange(prompt, 1, prompt.length - 2));
    }

    private static List<List<Integer>> ids(OwnTexts own) {
        return own.prompts().stream()
                .map(prompt -> Arrays.stream(prompt).boxed().toList())
                .toList();
    }
}
