package io.alignstream.stageruntime.runner;

import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.settings.CommonConfig;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Opens the folder that {@code alignstream.views.folder} names, this service's own part of it, or a temporary one. */
@ApplicationScoped
public class KeptStateProducer {

    /** Open until nothing of the service runs any more. */
    @Produces
    @Singleton
    static KeptState state(CommonConfig config, @ConfigProperty(name = "quarkus.application.name") String service) {
        return config.views()
                .folder()
                .map(folder -> KeptState.in(folder.resolve(service)))
                .orElseGet(KeptState::temporary);
    }

    static void close(@Disposes KeptState state) {
        state.close();
    }
}
