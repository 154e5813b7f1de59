package io.alignstream.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BenchmarkOptionsTest {

    @Test
    void optionsAreReadBehindTheName() {
        // Given
        String[] arguments = {"tokenizer", "--text", "a.txt", "--rounds", "5", "--json", "b.json"};

        // When
        BenchmarkOptions options = BenchmarkOptions.parse(arguments).only("text", "rounds");

        // Then
        assertThat(options.path("text")).contains(Path.of("a.txt"));
        assertThat(options.json()).contains(Path.of("b.json"));
        assertThat(options.number("rounds", 3)).isEqualTo(5);
        assertThat(options.number("megabytes", 100)).isEqualTo(100);
        assertThat(BenchmarkOptions.parse("x", "--rates", "0.5,1").decimals("rates", 2))
                .containsExactly(0.5, 1.0);
        assertThat(options.decimals("rates", 2)).containsExactly(2.0);
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> BenchmarkOptions.parse("demo", "--json")).hasMessageContaining("'--json'");
        assertThatThrownBy(() -> BenchmarkOptions.parse("demo", "--txt", "x").only("text"))
                .hasMessageContaining("no option --txt")
                .hasMessageContaining("--text");
        assertThatThrownBy(() -> BenchmarkOptions.parse("demo", "--rounds", "0").number("rounds", 1))
                .hasMessageContaining("--rounds is 0");
        assertThatThrownBy(() -> BenchmarkOptions.parse("x", "--rates", "0.5,").decimals("rates", 2))
                .hasMessageContaining("--rates is 0.5, but");
    }
}
