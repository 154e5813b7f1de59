package io.alignstream.stageruntime.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.check.JsonFault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers of request bodies. */
class BoundedJsonTest {

    private final ObjectMapper json = new ObjectMapper();

    record Body(
            int whole,
            long large,
            double share,
            Integer place,
            Long count,
            Double score,
            List<Double> scores,
            List<List<Integer>> order,
            Map<String, Double> figures) {}

    @BeforeEach
    void customize() {
        new BoundedJson().customize(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        "whole": 1.9 | json.wanted
        "whole": 1e2 | json.wanted
        "whole": 1099511627776 | json.outOfRange
        "whole": "7" | json.wanted
        "large": 1.9 | json.wanted
        "large": 9223372036854775808 | json.outOfRange
        "place": 1.0 | json.wanted
        "place": -2147483649 | json.outOfRange
        "count": 1e30 | json.wanted
        "share": 1e999 | json.outOfRange
        "share": -1e999 | json.outOfRange
        "share": NaN | json.notFinite
        "share": "NaN" | json.outOfRange
        "share": "Infinity" | json.outOfRange
        "score": 1e999 | json.outOfRange
        "score": "0.5" | json.wanted
        "scores": [1, 1e999] | json.outOfRange
        "scores": ["Infinity"] | json.outOfRange
        "order": [[0.9]] | json.wanted
        "figures": {"a": 1e400} | json.outOfRange
        """)
    void aNumberThatIsNoneForItsFieldIsRefused(String field, String code) {
        // When
        JsonProcessingException refused = catchThrowableOfType(
                JsonProcessingException.class, () -> json.readValue("{" + field + "}", Body.class));

        // Then
        assertThat(refused).isNotNull();
        assertThat(JsonFault.of(refused).code()).isEqualTo(code);
    }

    @Test
    void anIntegerOfThousandsOfDigitsIsRefused() {
        for (String field : List.of("whole", "large", "share", "score")) {
            assertThat(catchThrowableOfType(
                            JsonProcessingException.class,
                            () -> json.readValue("{\"" + field + "\": 1" + "0".repeat(900) + "}", Body.class)))
                    .as(field)
                    .isNotNull();
        }
    }

    @Test
    void otherNumbersAreReadAsTheyStand() throws JsonProcessingException {
        // When
        Body body = json.readValue(
                """
                {"whole": 7, "large": 9007199254740993, "share": 1, "place": null, "score": 1e-400,
                 "scores": [0.1, 5], "order": [[1, 0]], "figures": {"a": 1.7976931348623157e308}}
                """,
                Body.class);

        // Then
        assertThat(body)
                .isEqualTo(new Body(
                        7,
                        9_007_199_254_740_993L,
                        1,
                        null,
                        null,
                        0.0,
                        List.of(0.1, 5.0),
                        List.of(List.of(1, 0)),
                        Map.of("a", Double.MAX_VALUE)));
    }
}
