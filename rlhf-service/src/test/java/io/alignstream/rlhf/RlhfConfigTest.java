package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.stageruntime.testing.Settings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RlhfConfigTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "shards | 3 | is 3 but must be a power of two",
                "training.minibatch-episodes | 0 | is 0 but must lie between 1 and 1000000",
                "training.minibatch-episodes | 30 | is 30 but must divide alignstream.rlhf.training.batch-episodes, which is 64",
                "training.kl.target | 0 | is 0.0 but must lie between 0.000001 and 1000000",
                "gate.held-out-share | 0.6 | is 0.6 but must lie between 0 and 0.5"
            })
    void a_value_that_cannot_be_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        Map<String, String> settings = Map.of("alignstream.rlhf." + name, value);

        // When
        List<String> problems = Settings.problems(RlhfConfig.class, settings);

        // Then
        assertThat(problems).containsExactly("alignstream.rlhf." + name + " " + message);
    }
}
