package io.alignstream.reward;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** Configurations for tests: the defaults with some values replaced. */
final class Settings {

    private Settings() {}

    static RewardConfig of(Map<String, String> overrides) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(RewardConfig.class)
                .withDefaultValues(overrides)
                .build()
                .getConfigMapping(RewardConfig.class);
    }
}
