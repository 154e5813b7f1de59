package io.alignstream.reward;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.util.Map;

/** Configurations for tests: the defaults with some values replaced; fails as the service would at its start. */
final class Settings {

    private Settings() {}

    static RewardConfig of(Map<String, String> overrides) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withMapping(RewardConfig.class)
                .withDefaultValues(overrides)
                .build()
                .getConfigMapping(RewardConfig.class);
    }
}
