package io.alignstream.tokenizer;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.retention.RegistryReader;
import io.alignstream.stageruntime.settings.CommonConfig;
import io.alignstream.tokenizer.packing.ReplacedPackings;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks now and then whether something that was packed for a replaced tokenizer may go; thread-safe. */
@ApplicationScoped
public class ReplacedTokenizers {

    private static final Logger LOG = LoggerFactory.getLogger(ReplacedTokenizers.class);
    private static final Duration FIRST_LOOK = Duration.ofMinutes(1);
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(10);

    private final TokenizerStreams streams;
    private final CheckpointStore store;
    private final RegistryReader registry;
    private final CommonConfig.Retention retention;
    private final Map<String, Object> connection;
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().name("replaced-tokenizers").daemon().unstarted(task));

    ReplacedTokenizers(
            TokenizerStreams streams,
            CheckpointStore store,
            RegistryReader registry,
            CommonConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> connection) {
        this.streams = streams;
        this.store = store;
        this.registry = registry;
        this.retention = config.store().retention();
        this.connection = Map.copyOf(connection);
    }

    void start(@Observes StartupEvent event) {
        looks.scheduleWithFixedDelay(this::look, FIRST_LOOK.toSeconds(), LOOK_AGAIN.toSeconds(), TimeUnit.SECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        looks.shutdownNow();
    }

    private void look() {
        if (streams.current() == null) {
            return;
        }
        try (Admin admin = Admin.create(connection)) {
            new ReplacedPackings(admin, store, retention.grace(), retention.unfinished(), InstantSource.system())
                    .collect(this::packedWith);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | ExecutionException | TimeoutException | RuntimeException e) {
            LOG.warn("what was packed for replaced tokenizers stays for now: {}", e.toString());
        }
    }

    /** As their topic says now, whatever this instance has read so far. */
    private List<TrainedTokenizer> packedWith() {
        return registry.newest(Topic.TOKENIZERS).stream()
                .filter(tokenizer -> tokenizer.name().equals(TokenizerJob.NAME))
                .toList();
    }
}
