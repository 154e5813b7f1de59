package io.alignstream.stageruntime.view;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;

/** Counts events and lag of the followed topics, and when the broker last answered; written by the reader's thread. */
public final class ReaderMeters {

    private static final Duration SILENCE = Duration.ofSeconds(20);

    private final MeterRegistry registry;
    private final String stage;
    private final Map<String, AtomicLong> lags = new ConcurrentHashMap<>();
    private volatile long contactAt = System.nanoTime() - SILENCE.toNanos();

    public ReaderMeters(MeterRegistry registry, String stage) {
        this.registry = registry;
        this.stage = stage;
    }

    void event(String topic) {
        registry.counter("alignstream.events", "stage", stage, "topic", topic).increment();
    }

    void lost(String topic, long records) {
        registry.counter("alignstream.records.lost", "stage", stage, "topic", topic)
                .increment(records);
    }

    /** Takes the lag from what the consumer's last fetches said. */
    void lag(Consumer<?, ?> consumer) {
        Map<String, Long> sums = new HashMap<>();
        consumer.assignment()
                .forEach(partition -> sums.merge(
                        partition.topic(), consumer.currentLag(partition).orElse(0), Long::sum));
        sums.forEach((topic, lag) -> lags.computeIfAbsent(topic, this::lagGauge).set(lag));
    }

    private AtomicLong lagGauge(String topic) {
        AtomicLong lag = new AtomicLong();
        Gauge.builder("alignstream.reader.lag", lag, AtomicLong::get)
                .tag("stage", stage)
                .tag("topic", topic)
                .register(registry);
        return lag;
    }

    /** The broker has answered just now. */
    void contact() {
        contactAt = System.nanoTime();
    }

    /** Whether the broker has answered within the last seconds. */
    public boolean inContact() {
        return System.nanoTime() - contactAt < SILENCE.toNanos();
    }
}
