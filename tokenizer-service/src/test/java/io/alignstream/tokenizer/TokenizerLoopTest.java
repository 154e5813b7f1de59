package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenizerLoopTest {

    private static final List<String> TEXTS = Collections.nCopies(50, "今天来上海出差");

    @Test
    void learnsMergesAndCountsTheirTokens() {
        // Given
        TokenizerLoop loop = new TokenizerLoop(400);

        // When
        TokenizerLoop.Learned learned = loop.learn(TEXTS.iterator(), progress -> {});

        // Then
        long tokens = Arrays.stream(learned.frequencies()).sum();
        assertThat(tokens).isEqualTo(50L * learned.tokenizer().encode(TEXTS.getFirst()).length);
        assertThat(learned.metrics())
                .containsEntry("documents", 50.0)
                .containsEntry("vocabularySize", (double) learned.tokenizer().vocabularySize())
                .containsEntry("bytesPerToken", 50.0 * 21 / tokens);
    }

    @Test
    void endsWithWhatTheListenerThrows() {
        // Given
        IllegalStateException stopped = new IllegalStateException("stopped");

        // When
        Throwable end = catchThrowable(() -> new TokenizerLoop(400).learn(TEXTS.iterator(), progress -> {
            throw stopped;
        }));

        // Then
        assertThat(end).isSameAs(stopped);
    }
}
