package io.alignstream.stageruntime.settings;

import io.alignstream.contracts.settings.SettingsCatalogue;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.List;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;

/** Looks for names that are no setting before anything else starts: a value that nobody reads is a mistake. */
@ApplicationScoped
class SettingNames {

    /** How SmallRye Config calls the environment. */
    private static final String VARIABLES = "EnvConfigSource";

    private final Config config;

    SettingNames(Config config) {
        this.config = config;
    }

    void check(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        List<String> problems = SettingsCatalogue.problems(
                StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                        .filter(this::isGiven));
        if (!problems.isEmpty()) {
            throw new ConfigurationException(String.join("\n", problems));
        }
    }

    /**
     * Whether somebody wrote the name. A variable is listed a second time as the property that its name could mean; not each is
     * a setting, for example {@code ALIGNSTREAM_S3_ENDPOINT}.
     */
    private boolean isGiven(String name) {
        return !name.startsWith(SettingsCatalogue.PREFIX)
                || !VARIABLES.equals(config.getConfigValue(name).getSourceName());
    }
}
