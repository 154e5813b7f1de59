package io.alignstream.rlhf;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** Configurations for tests: the defaults with some values replaced. */
final class Settings {

    private Settings() {}

    static RlhfConfig of(Map<String, String> overrides) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(RlhfConfig.class)
                .withDefaultValues(overrides)
                .build()
                .getConfigMapping(RlhfConfig.class);
    }
}
