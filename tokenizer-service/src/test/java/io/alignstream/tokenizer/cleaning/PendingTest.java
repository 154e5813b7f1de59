package io.alignstream.tokenizer.cleaning;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.tokenizer.cleaning.PendingDocuments.Pending;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a document lies on disk while it waits for its verdicts. */
class PendingTest {

    private static final byte[] VALUE = "{\"id\": \"a\"}".getBytes(StandardCharsets.UTF_8);

    @ParameterizedTest
    @ValueSource(strings = {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    void comesBackAsItWas(String traceparent) {
        // Given
        Pending pending = new Pending("成都/1", "zh-Hans", 9, VALUE, Traceparent.parse(traceparent));

        // When
        Pending back = Pending.decode(pending.encode());

        // Then
        assertThat(back).usingRecursiveComparison().isEqualTo(pending);
    }

    @Test
    void whatWasWrittenBeforeThereWereTracesIsReadAsItWas() {
        // Given: name, language, bytes of the text, value
        ByteBuffer stored = ByteBuffer.allocate(2 + 1 + 1 + 2 + 4 + VALUE.length)
                .putShort((short) 1)
                .put((byte) 'a')
                .put((byte) 2)
                .put("en".getBytes(StandardCharsets.UTF_8))
                .putInt(7)
                .put(VALUE);

        // When
        Pending pending = Pending.decode(stored.array());

        // Then
        assertThat(pending).usingRecursiveComparison().isEqualTo(new Pending("a", "en", 7, VALUE, Optional.empty()));
    }
}
