package io.alignstream.inference.openai.request;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arguments of calls are JSON inside a text of JSON, which the bounds of the outer one do not see. */
class ToolArgumentsTest {

    private static byte[] called(String arguments, int calls) {
        String call = "{\"id\": \"c\", \"type\": \"function\", \"function\": {\"name\": \"look\", \"arguments\": \""
                + arguments.replace("\"", "\\\"") + "\"}}";
        return ("{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"tool_calls\": ["
                        + IntStream.range(0, calls).mapToObj(one -> call).collect(Collectors.joining(", "))
                        + "]}]}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void usualArgumentsAreTaken() {
        assertThatCode(() -> ChatRequest.parse(called("{\"place\": [1, {\"name\": \"old bridge\"}]}", 50)))
                .doesNotThrowAnyException();
    }

    /** A megabyte of empty objects takes thirty of memory, in one call or in many. */
    @ParameterizedTest
    @CsvSource({"300000, 1", "20000, 10", "100, 3000"})
    void moreJsonThanABodyMayHaveIsRefused(int objects, int calls) {
        // Given
        byte[] body = called("[" + "{},".repeat(objects) + "{}]", calls);

        // When // Then
        assertThatThrownBy(() -> ChatRequest.parse(body))
                .isInstanceOf(ApiException.class)
                .hasMessageContaining("tool_calls");
    }

    @Test
    void whatIsNoJsonOrGoesOnBehindItIsRefused() {
        assertThatThrownBy(() -> ChatRequest.parse(called("{", 1))).isInstanceOf(ApiException.class);
        assertThatThrownBy(() -> ChatRequest.parse(called("{} {}", 1))).isInstanceOf(ApiException.class);
    }
}
