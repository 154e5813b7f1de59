package io.alignstream.pretrain.sweep;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunFileTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "depth | 65 | is 65 but must lie between 1 and 64",
                "width | 48 | is 48 but must be a multiple of 32",
                "decay-share | 0.96 | is 0.96 but must, with alignstream.pretrain.warmup-share, which is 0.05, be at most 1",
                "learning-rate | fast | is fast but must be 0 to 1",
                "precision | fp8 | is fp8 but must be one of [float32, bfloat16, auto]",
                "lerning-rate | 1 | is not a setting; the nearest one is alignstream.pretrain.learning-rate"
            })
    void a_setting_that_cannot_be_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        RunFile file = new RunFile(Map.of("alignstream.pretrain." + name, value));

        // When, then
        assertThatThrownBy(file::settings)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("alignstream.pretrain." + name + " " + message);
    }

    @Test
    void without_steps_there_must_be_epochs() {
        // Given
        RunFile file = new RunFile(Map.of("alignstream.pretrain.steps", "0", "alignstream.pretrain.epochs", "0"));

        // When, then
        assertThatThrownBy(file::settings).hasMessageContaining("more than 0 where alignstream.pretrain.steps is 0");
    }
}
