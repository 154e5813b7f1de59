package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.stageruntime.testing.Settings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SftConfigTest {

    @Test
    void the_defaults_are_in_their_ranges() {
        // When
        List<String> problems = Settings.problems(SftConfig.class, Map.of());

        // Then
        assertThat(problems).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "shards | 3 | is 3 but must be a power of two",
                "batch-instructions | 0 | is 0 but must lie between 1 and 100000",
                "lora.rank | 5000 | is 5000 but must lie between 0 and 4096",
                "lora.targets[0] | head | is head but must be one of [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]",
                "precision | fp8 | is fp8 but must be one of [float32, bfloat16, auto]"
            })
    void a_value_that_cannot_be_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        Map<String, String> settings = Map.of("alignstream.sft." + name, value);

        // When
        List<String> problems = Settings.problems(SftConfig.class, settings);

        // Then
        assertThat(problems).containsExactly("alignstream.sft." + name + " " + message);
    }
}
