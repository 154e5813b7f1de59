package io.alignstream.inference.openai.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "1e-300, 0", "9e-6, 0", "1e-5, 1e-5", "0.7, 0.7"})
    void aTemperatureThatOverflowsTakesTheMostProbableToken(String said, double temperature) {
        // Given
        Body body = Body.of(("{\"temperature\": " + said + "}").getBytes(StandardCharsets.UTF_8));

        // When
        Sampling sampling = Sampling.of(body, false, 0);

        // Then
        assertThat(sampling.sampler().temperature()).isEqualTo(temperature);
    }
}
