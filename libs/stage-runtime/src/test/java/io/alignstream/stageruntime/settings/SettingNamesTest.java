package io.alignstream.stageruntime.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingNamesTest {

    @Test
    void variablesThatAreNoSettingsOfAServicePass() {
        // Given
        SettingNames names = new SettingNames(config(Map.of(
                "ALIGNSTREAM_S3_ENDPOINT", "http://store",
                "ALIGNSTREAM_TORCH_OPERATORS", "operators.so",
                "ALIGNSTREAM_SFT_EPOCHS", "2")));

        // When / Then
        assertThatCode(() -> names.check(new StartupEvent())).doesNotThrowAnyException();
    }

    @Test
    void aMisspelledVariableDoesNot() {
        // Given
        SettingNames names = new SettingNames(config(Map.of("ALIGNSTREAM_SFT_EPOCH", "2")));

        // When / Then
        assertThatThrownBy(() -> names.check(new StartupEvent()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("ALIGNSTREAM_SFT_EPOCH is not a setting; the nearest one is ALIGNSTREAM_SFT_EPOCHS");
    }

    @Test
    void aMisspelledPropertyDoesNot() {
        // Given
        SettingNames names = new SettingNames(new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(Map.of("alignstream.sft.epoch", "2"), "given", 400))
                .build());

        // When / Then
        assertThatThrownBy(() -> names.check(new StartupEvent()))
                .hasMessage("alignstream.sft.epoch is not a setting; the nearest one is alignstream.sft.epochs");
    }

    private static SmallRyeConfig config(Map<String, String> variables) {
        return new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(variables, 300))
                .build();
    }
}
