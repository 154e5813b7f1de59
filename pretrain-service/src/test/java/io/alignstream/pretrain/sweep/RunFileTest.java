package io.alignstream.pretrain.sweep;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "shards=1 | alignstream.pretrain.sharing is local-sgd but alignstream.pretrain.shards is 1",
                "validate-every=75 | alignstream.pretrain.validate-every is 75 but must be a multiple of"
                        + " alignstream.pretrain.local-sgd.steps (50)",
                "local-sgd.steps=80 | alignstream.pretrain.validate-every is 100 but must be a multiple of"
                        + " alignstream.pretrain.local-sgd.steps (80)",
                "checkpoint-every=120 | alignstream.pretrain.checkpoint-every is 120 but must be a multiple of"
                        + " alignstream.pretrain.local-sgd.steps (50)"
            })
    void local_sgd_that_cannot_be_is_refused_in_plain_words(String setting, String message) {
        // Given
        String[] pair = setting.split("=", 2);
        Map<String, String> values =
                new HashMap<>(Map.of("alignstream.pretrain.sharing", "local-sgd", "alignstream.pretrain.shards", "4"));
        values.put("alignstream.pretrain." + pair[0], pair[1]);

        // When, then
        assertThatThrownBy(() -> new RunFile(values).settings())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void without_steps_there_must_be_epochs() {
        // Given
        RunFile file = new RunFile(Map.of("alignstream.pretrain.steps", "0", "alignstream.pretrain.epochs", "0"));

        // When, then
        assertThatThrownBy(file::settings).hasMessageContaining("more than 0 where alignstream.pretrain.steps is 0");
    }
}
