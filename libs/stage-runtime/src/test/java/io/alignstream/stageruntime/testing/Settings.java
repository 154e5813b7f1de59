package io.alignstream.stageruntime.testing;

import io.alignstream.stageruntime.settings.SettingProblems;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.util.List;
import java.util.Map;

/** A service's settings: the defaults with some values replaced. */
public final class Settings {

    private Settings() {}

    /**
     * The settings with {@code overrides}, full names and values.
     *
     * @throws RuntimeException as at the service's start if a value cannot be
     */
    public static <C> C of(Class<C> config, Map<String, String> overrides) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withMapping(config)
                .withDefaultValues(overrides)
                .build()
                .getConfigMapping(config);
    }

    /** What the service says at its start with {@code overrides}; nothing if it starts. */
    public static List<String> problems(Class<?> config, Map<String, String> overrides) {
        try {
            of(config, overrides);
            return List.of();
        } catch (RuntimeException e) {
            return SettingProblems.of(e);
        }
    }
}
