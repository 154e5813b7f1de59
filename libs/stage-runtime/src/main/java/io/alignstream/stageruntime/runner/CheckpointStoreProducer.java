package io.alignstream.stageruntime.runner;

import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.settings.CommonConfig;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
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
    CheckpointStore store(Capacity capacity) throws IOException {
        return CheckpointStore.open(config.root(), config.cache(), capacity, config.cacheMebibytes() << 20);
    }

    /** What the store may hold. */
    @Produces
    @Singleton
    Capacity capacity() {
        return new Capacity(config.quotaMebibytes() << 20);
    }

    void close(@Disposes CheckpointStore store) {
        store.close();
    }
}
