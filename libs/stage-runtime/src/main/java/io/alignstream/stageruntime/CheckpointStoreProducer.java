package io.alignstream.stageruntime;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Opens the store that {@code alignstream.store.root} names; local copies of remote checkpoints go to {@code
 * alignstream.store.cache}.
 */
@ApplicationScoped
public class CheckpointStoreProducer {

    private final URI root;
    private final Path cache;

    CheckpointStoreProducer(
            @ConfigProperty(name = "alignstream.store.root") URI root,
            @ConfigProperty(name = "alignstream.store.cache") Path cache) {
        this.root = root;
        this.cache = cache;
    }

    /** Opened at start-up, so that a wrong address shows before the first run. */
    @Produces
    @ApplicationScoped
    @Startup
    CheckpointStore store() throws IOException {
        return CheckpointStore.open(root, cache);
    }

    void close(@Disposes CheckpointStore store) {
        store.close();
    }
}
