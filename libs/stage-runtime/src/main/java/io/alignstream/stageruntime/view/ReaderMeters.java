package io.alignstream.stageruntime.view;

import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Counts events and lag of the followed topics, and when the broker last answered; written by the reader's thread. */
public final class ReaderMeters {

    private static final Duration SILENCE = Duration.ofSeconds(20);

    private final Meters meters;
    private final Map<String, OfTopic> topics = new ConcurrentHashMap<>();
    private final Map<TopicPartition, AtomicLong> lags = new ConcurrentHashMap<>();
    private volatile long contactAt = System.nanoTime() - SILENCE.toNanos();

    private record OfTopic(Counter events, DistributionSummary age, Counter lost) {}

    public ReaderMeters(Meters meters) {
        this.meters = meters;
        meters.gauge(Metric.BROKER_CONTACT, this, self -> self.inContact() ? 1 : 0);
    }

    /** From now on {@code topic} is counted: what has not happened yet is 0, and its first time a rise that an alert sees. */
    void follow(String topic) {
        of(topic);
        meters.counter(Metric.DEAD_LETTERS, topic);
    }

    private OfTopic of(String topic) {
        return topics.computeIfAbsent(
                topic,
                name -> new OfTopic(
                        meters.counter(Metric.EVENTS, name),
                        meters.histogram(Metric.EVENT_AGE, name),
                        meters.counter(Metric.RECORDS_LOST, name)));
    }

    void event(ConsumerRecord<?, ?> record) {
        OfTopic topic = of(record.topic());
        topic.events.increment();
        topic.age.record(Math.max(0, System.currentTimeMillis() - record.timestamp()) / 1e3);
    }

    void lost(String topic, long records) {
        of(topic).lost.increment(records);
    }

    /** Takes the lag from what the consumer's last fetches said. */
    void lag(Consumer<?, ?> consumer) {
        consumer.assignment().forEach(partition -> lags.computeIfAbsent(partition, this::lagGauge)
                .set(consumer.currentLag(partition).orElse(0)));
    }

    private AtomicLong lagGauge(TopicPartition partition) {
        AtomicLong lag = new AtomicLong();
        meters.gauge(
                Metric.CONSUMER_LAG,
                lag,
                AtomicLong::doubleValue,
                partition.topic(),
                String.valueOf(partition.partition()));
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
