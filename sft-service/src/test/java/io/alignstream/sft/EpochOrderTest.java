package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.tokenizer.Conversation;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {

    private static final List<Conversation> CONVERSATIONS = IntStream.range(0, 70)
            .mapToObj(i -> new Conversation(new int[2 + i % 9], new boolean[2 + i % 9]))
            .toList();

    @Test
    void everyConversationIsInOneBatch() {
        // When
        List<List<Conversation>> batches = EpochOrder.of(CONVERSATIONS, 8, 1, 0);

        // Then
        assertThat(batches).hasSize((int) EpochOrder.batches(70, 8)).allMatch(batch -> batch.size() <= 8);
        assertThat(batches.stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(CONVERSATIONS);
    }

    @Test
    void theOrderFollowsFromSeedAndEpochAlone() {
        // When Then
        assertThat(EpochOrder.of(CONVERSATIONS, 8, 1, 3))
                .isEqualTo(EpochOrder.of(CONVERSATIONS, 8, 1, 3))
                .isNotEqualTo(EpochOrder.of(CONVERSATIONS, 8, 1, 4))
                .isNotEqualTo(EpochOrder.of(CONVERSATIONS, 8, 2, 3));
    }

    @Test
    void aBatchHoldsConversationsOfSimilarLength() {
        // When
        List<List<Conversation>> batches = EpochOrder.of(CONVERSATIONS, 8, 1, 0);

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
}
