package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.tokenizer.Conversation;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {

    private static final List<List<Conversation>> INSTRUCTIONS = IntStream.range(0, 35)
            .mapToObj(i -> List.of(conversation(2 + i % 9), conversation(3 + i % 9)))
            .toList();
    private static final List<Conversation> CONVERSATIONS =
            INSTRUCTIONS.stream().flatMap(List::stream).toList();

    @Test
    void everyConversationIsInOneBatch() {
        // When
        List<List<Conversation>> batches = EpochOrder.of(INSTRUCTIONS, 8, 1, 0);

        // Then
        assertThat(batches).hasSize((int) EpochOrder.batches(35, 8)).allMatch(batch -> batch.size() <= 16);
        assertThat(batches.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(CONVERSATIONS);
    }

    @Test
    void theOrderFollowsFromSeedAndEpochAlone() {
        // When Then
        assertThat(EpochOrder.of(INSTRUCTIONS, 8, 1, 3))
                .isEqualTo(EpochOrder.of(INSTRUCTIONS, 8, 1, 3))
                .isNotEqualTo(EpochOrder.of(INSTRUCTIONS, 8, 1, 4))
                .isNotEqualTo(EpochOrder.of(INSTRUCTIONS, 8, 2, 3));
    }

    @Test
    void aBatchHoldsConversationsOfSimilarLength() {
        // When
        List<List<Conversation>> batches = EpochOrder.of(INSTRUCTIONS, 8, 1, 0);

        // Then
        long spread = batches.stream()
                .mapToLong(batch -> batch.stream()
                                .mapToInt(Conversation::length)
                                .max()
                                .orElseThrow()
                        - batch.stream().mapToInt(Conversation::length).min().orElseThrow())
                .sum();
        assertThat(spread).isLessThan(batches.size() * 3L);
    }

    @Test
    void theAnswersToOneInstructionAreLearnedInTheSameBatch() {
        // When
        List<List<Conversation>> batches = EpochOrder.of(INSTRUCTIONS, 8, 1, 0);

        // Then
        assertThat(INSTRUCTIONS)
                .allSatisfy(answers -> assertThat(batches).anyMatch(batch -> batch.containsAll(answers)));
    }

    private static Conversation conversation(int length) {
        return new Conversation(new int[length], new boolean[length]);
    }
}
