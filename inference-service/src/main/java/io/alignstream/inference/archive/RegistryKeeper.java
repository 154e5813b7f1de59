package io.alignstream.inference.archive;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.archive.RegistryArchiving;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Has the registry topics kept in the store as long as the service runs: it is this one's work since this one always runs,
 * whatever trains. Nothing that is served waits for it.
 */
@ApplicationScoped
public class RegistryKeeper {

    private final RegistryArchiving archiving;
    private final Thread thread;

    RegistryKeeper(CheckpointStore store, KafkaReaders readers, BrokerRefusals refusals) {
        archiving = new RegistryArchiving(store, readers, refusals);
        thread = Thread.ofPlatform().name("registry-keeper").daemon().unstarted(archiving);
    }

    void start(@Observes StartupEvent event) {
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
    }

    @PreDestroy
    void stop() {
        archiving.stop();
        thread.interrupt();
    }
}
