package io.alignstream.stageruntime.runner;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.settings.CommonConfig;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import java.io.IOException;

/**
 * Opens the store that {@code alignstream.store.root} names; local copies of remote checkpoints go to {@code
 * alignstream.store.cache}.
 */
@ApplicationScoped
public class CheckpointStoreProducer {

    private final CommonConfig.Store config;

    CheckpointStoreProducer(CommonConfig config) {
        this.config = config.store();
    }

    /** Opened at start-up, so that a wrong address shows before the first run. */
    @Produces
    @ApplicationScoped
    @Startup
    CheckpointStore store() throws IOException {
        return CheckpointStore.open(config.root(), config.cache());
    }

    void close(@Disposes CheckpointStore store) {
        store.close();
    }
}
