package io.alignstream.contracts.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceparentTest {

    /** The example of the W3C's recommendation. */
    private static final String EXAMPLE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static final String OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    @Test
    void saysWhichTraceAndWhichSpan() {
        // When
        Traceparent traceparent = new Traceparent(EXAMPLE);

        // Then
        assertThat(traceparent.trace()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
        assertThat(traceparent.span()).isEqualTo("b7ad6b7169203331");
    }

    @Test
    void standsOnARecordOnce() {
        // Given
        RecordHeaders headers = new RecordHeaders();
        new Traceparent(OTHER).stamp(headers);

        // When
        new Traceparent(EXAMPLE).stamp(headers);

        // Then
        assertThat(headers.headers("ce_traceparent")).hasSize(1);
        assertThat(Traceparent.of(headers)).contains(new Traceparent(EXAMPLE));
    }

    @Test
    void isReadOfProducersThatKnowNoCloudEventsToo() {
        // Given
        RecordHeaders plain = new RecordHeaders();
        plain.add("traceparent", OTHER.getBytes(StandardCharsets.UTF_8));
        RecordHeaders both = new RecordHeaders(plain);
        both.add("ce_traceparent", EXAMPLE.getBytes(StandardCharsets.UTF_8));

        // Then: the event's own attribute is nearer to its cause than what a transport added
        assertThat(Traceparent.of(plain)).contains(new Traceparent(OTHER));
        assertThat(Traceparent.of(both)).contains(new Traceparent(EXAMPLE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"
            })
    void whatIsNoneCountsAsNothing(String text) {
        // Given
        RecordHeaders headers = new RecordHeaders();
        headers.add("ce_traceparent", text.getBytes(StandardCharsets.UTF_8));

        // Then
        assertThat(Traceparent.of(headers)).isEmpty();
        assertThatThrownBy(() -> new Traceparent(text)).hasMessageContaining("32 hexadecimal digits");
    }
}
