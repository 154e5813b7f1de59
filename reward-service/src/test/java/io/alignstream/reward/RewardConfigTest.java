package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.stageruntime.testing.Settings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RewardConfigTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "shards | 3 | is 3 but must be a power of two",
                "training.batch-requests | 0 | is 0 but must lie between 1 and 100000",
                "training.warmup-share | 1.5 | is 1.5 but must lie between 0 and 1",
                "sampling.answers | 17 | is 17 but must lie between 2 and 16",
                "checkpoint-interval | PT0S | is PT0S but must lie between PT1S and PT24H"
            })
    void a_value_that_cannot_be_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        Map<String, String> settings = Map.of("alignstream.reward." + name, value);

        // When
        List<String> problems = Settings.problems(RewardConfig.class, settings);

        // Then
        assertThat(problems).containsExactly("alignstream.reward." + name + " " + message);
    }
}
