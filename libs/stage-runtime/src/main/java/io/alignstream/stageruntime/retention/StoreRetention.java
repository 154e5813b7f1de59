package io.alignstream.stageruntime.retention;

import io.alignstream.contracts.metrics.Metric;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.settings.CommonConfig;
import io.alignstream.training.retention.Garbage;
import io.alignstream.training.retention.Retention;
import io.alignstream.training.retention.StoreCollector;
import io.micrometer.core.instrument.Counter;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Collects what nobody needs of the store, one collection at a time; thread-safe. */
@Singleton
public class StoreRetention {

    private static final Logger LOG = Logger.getLogger(StoreRetention.class);
    private static final Duration FRESH = Duration.ofSeconds(10);

    private final CheckpointStore store;
    private final Capacity capacity;
    private final StoreCollector collector;
    private final RegistryReader registry;
    private final Counter removed;
    private @Nullable Long used;
    private long measuredAt;
    private long freed;
    private volatile double shown = Double.NaN;

    StoreRetention(
            CheckpointStore store, Capacity capacity, RegistryReader registry, CommonConfig config, Meters meters) {
        this.store = store;
        this.capacity = capacity;
        this.registry = registry;
        this.collector = new StoreCollector(store, retention(config.store().retention()));
        this.removed = meters.counter(Metric.STORE_REMOVED);
        meters.gauge(Metric.STORE_USED, this, retention -> retention.shown);
        meters.gauge(Metric.STORE_QUOTA, capacity, Capacity::quota);
    }

    private static Retention retention(CommonConfig.Retention config) {
        return new Retention(config.models(), config.releases(), config.grace(), config.unfinished(), config.records());
    }

    /** From now on room is made where there is none. */
    void start(@Observes StartupEvent event) {
        capacity.relieveBy(this::relieve);
    }

    /**
     * What the store holds.
     *
     * @param quota most bytes that it may hold, 0 for no bound
     * @param freed bytes that this service has deleted since it was started, since nobody needed them
     */
    public record Usage(long used, long quota, long freed) {}

    /** What the store holds; a visitor's haste does not reach it. */
    public synchronized Usage usage() throws IOException {
        if (used == null || System.nanoTime() - measuredAt > FRESH.toNanos()) {
            measure();
        }
        return new Usage(Objects.requireNonNull(used), capacity.quota(), freed);
    }

    private void measure() throws IOException {
        long held = store.used();
        used = held;
        shown = held;
        measuredAt = System.nanoTime();
    }

    /** After a run: whatever hinders it, the run has its result and the next collection does what this one has not. */
    public void collectAfterRun() {
        try {
            collect();
        } catch (IOException | RuntimeException e) {
            LOG.warnf("What nobody needs of the store stays for now: %s", e);
        }
    }

    /** Why room cannot be made is less than that there is none. */
    private long relieve() {
        try {
            return collect();
        } catch (IOException | RuntimeException e) {
            LOG.warnf("No room can be made in the store: %s", e);
            return 0;
        }
    }

    private synchronized long collect() throws IOException {
        List<Garbage> deleted = collector.collect(registry::read);
        long bytes = deleted.stream().mapToLong(Garbage::bytes).sum();
        removed.increment(bytes);
        freed += bytes;
        measure();
        if (!deleted.isEmpty()) {
            LOG.infof(
                    "Deleted %s of the store that nobody needs, %s are left",
                    Capacity.text(bytes), Capacity.text(Objects.requireNonNull(used)));
        }
        return bytes;
    }
}
