package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.stageruntime.settings.SettingProblems;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InferenceConfigTest {

    @Test
    void the_defaults_are_in_their_ranges() {
        // When
        List<String> problems = problems(Map.of());

        // Then
        assertThat(problems).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "queue | 0 | is 0 but must lie between 1 and 1000000",
                "timeout | PT0S | is PT0S but must lie between PT1S and PT24H",
                "model | ' ' | must not be blank"
            })
    void a_value_that_cannot_be_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        Map<String, String> settings = Map.of("alignstream.inference." + name, value);

        // When
        List<String> problems = problems(settings);

        // Then
        assertThat(problems).containsExactly("alignstream.inference." + name + " " + message);
    }

    private static List<String> problems(Map<String, String> settings) {
        Throwable failure = catchThrowable(() -> new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withMapping(InferenceConfig.class)
                .withDefaultValues(settings)
                .build());
        return failure == null ? List.of() : SettingProblems.of(failure);
    }
}
