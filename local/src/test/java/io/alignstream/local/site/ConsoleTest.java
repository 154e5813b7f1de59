package io.alignstream.local.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource({"y, true", "Yes, true", "n, false", "'', false", "sure, false"})
    void yesIsSaid(String typed, boolean confirmed) {
        // Given
        Console console = console(typed + "\n", true);

        // When
        boolean answer = console.confirms("Leave them?");

        // Then
        assertThat(answer).isEqualTo(confirmed);
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("Leave them? [y/N] ");
    }

    @Test
    void whereTheInputEndsNobodySaysYes() {
        assertThat(console("", true).confirms("Leave them?")).isFalse();
    }

    @Test
    void whereNobodySitsNobodyIsAsked() {
        // When
        boolean answer = console("y\n", false).confirms("Leave them?");

        // Then
        assertThat(answer).isFalse();
        assertThat(bytes.size()).isZero();
    }

    private Console console(String typed, boolean interactive) {
        return new Console(
                new PrintStream(bytes, true, StandardCharsets.UTF_8), new StringReader(typed), false, interactive);
    }
}
