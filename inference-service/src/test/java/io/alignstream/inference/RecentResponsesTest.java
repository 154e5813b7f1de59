package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentResponsesTest {

    private final RecentResponses responses = new RecentResponses(4);

    private void remember(String client, String id) {
        remember(client, id, "an answer");
    }

    private void remember(String client, String id, String answer) {
        responses.remember(
                id, client, new RecentResponses.Response(List.of(Message.user("a question")), answer, false, "a"), 0);
    }

    @Test
    void theOldestIsForgottenFirst() {
        // When
        for (int i = 0; i < 5; i++) {
            remember("one", "of one " + i);
        }

        // Then
        assertThat(responses.find("of one 0")).isEmpty();
        assertThat(responses.find("of one 1", "one")).isPresent();
        assertThat(responses.find("of one 4", "one")).isPresent();
    }

    @Test
    void whoAsksMuchMakesOthersAnswersNotForgotten() {
        // Given
        remember("other", "of the other");

        // When
        for (int i = 0; i < 10; i++) {
            remember("one", "of one " + i);
        }

        // Then
        assertThat(responses.find("of the other", "other")).isPresent();
        assertThat(responses.find("of one 7", "one")).isPresent();
        assertThat(responses.find("of one 6", "one")).isEmpty();
    }

    @Test
    void longAnswersOfOneMakeOthersNotForgottenEither() {
        // Given
        remember("other", "of the other");

        // When
        for (int i = 0; i < 3; i++) {
            remember("one", "of one " + i, "x".repeat(17 << 20));
        }

        // Then
        assertThat(responses.find("of the other", "other")).isPresent();
        assertThat(responses.find("of one 1", "one")).isEmpty();
        assertThat(responses.find("of one 2", "one")).isPresent();
    }
}
