package io.alignstream.stageruntime.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingProblemsTest {

    /** Settings with every kind of range. */
    @Consistent("halves")
    @ConfigMapping(prefix = "alignstream.sft")
    public interface Ranges {

        @WithDefault("1")
        @Between(least = "1", greatest = "100000")
        int epochs();

        @WithDefault("0.1")
        @Between(least = "0", greatest = "0.5")
        double heldOutShare();

        @Between(least = "32", greatest = "64")
        @MultipleOf(32)
        OptionalInt width();

        @WithDefault("PT1S")
        @Lasting(least = "PT1S", greatest = "PT2S")
        Duration debounce();

        @WithDefault("float32")
        @OneOf({"float32", "bfloat16"})
        String precision();

        @WithDefault("1")
        String seed();

        Lora lora();

        /** A group with a list. */
        interface Lora {
            @WithDefault("a,b")
            List<@OneOf({"a", "b"}) String> targets();
        }

        default int halves() {
            if (epochs() == 7) {
                throw new IllegalArgumentException("alignstream.sft.epochs is 7 but must be even");
            }
            if (!seed().equals("1")) {
                throw new IllegalArgumentException("alignstream.sft.seed is " + seed() + " but must be 1");
            }
            return 100 / epochs();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "epochs | 0 | alignstream.sft.epochs is 0 but must lie between 1 and 100000",
                "held-out-share | NaN | alignstream.sft.held-out-share is NaN but must lie between 0 and 0.5",
                "width | 96 | alignstream.sft.width is 96 but must lie between 32 and 64",
                "width | 48 | alignstream.sft.width is 48 but must be a multiple of 32",
                "debounce | PT3S | alignstream.sft.debounce is PT3S but must lie between PT1S and PT2S",
                "precision | fp8 | alignstream.sft.precision is fp8 but must be one of [float32, bfloat16]",
                "lora.targets | a,c | alignstream.sft.lora.targets[1] is c but must be one of [a, b]",
                "epochs | many | alignstream.sft.epochs is many but must be 1 to 100000",
                "debounce | soon | alignstream.sft.debounce is soon but must be PT0S to PT24H",
                "epochs | 7 | alignstream.sft.epochs is 7 but must be even",
                "seed | {value} | alignstream.sft.seed is {value} but must be 1",
                "seed | a{b | alignstream.sft.seed is a{b but must be 1",
                "seed | \\${1 + 1} | alignstream.sft.seed is ${1 + 1} but must be 1",
                "seed | C:\\\\x$y | alignstream.sft.seed is C:\\\\x$y but must be 1"
            })
    void a_value_is_named_with_what_it_may_be(String name, String value, String message) {
        // Given
        Map<String, String> settings = Map.of("alignstream.sft." + name, value);

        // When
        List<String> problems = problems(Ranges.class, settings);

        // Then
        assertThat(problems).containsExactly(message);
    }

    @Test
    void every_bad_value_has_a_line() {
        // Given
        Map<String, String> settings = Map.of("alignstream.sft.epochs", "0", "alignstream.sft.precision", "fp8");

        // When
        List<String> problems = problems(Ranges.class, settings);

        // Then
        assertThat(problems).hasSize(2);
    }

    @Test
    void a_missing_value_is_named() {
        // When
        List<String> problems = problems(CommonConfig.class, Map.of());

        // Then
        assertThat(problems).containsExactly("alignstream.store.root is not set but must be an address");
    }

    @Test
    void other_failures_are_no_problem_of_settings() {
        // Given
        Throwable failure = new IllegalStateException("the disk is full");

        // When
        List<String> problems = SettingProblems.of(failure);

        // Then
        assertThat(problems).isEmpty();
    }

    private static List<String> problems(Class<?> mapping, Map<String, String> settings) {
        return SettingProblems.of(catchThrowable(() -> new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withMapping(mapping)
                .withDefaultValues(settings)
                .withDefaultValue("java.io.tmpdir", "/tmp")
                .build()));
    }
}
