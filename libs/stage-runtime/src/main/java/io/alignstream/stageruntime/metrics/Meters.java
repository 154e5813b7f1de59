package io.alignstream.stageruntime.metrics;

import io.alignstream.contracts.metrics.Metric;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Registers the service's metrics, each with the label of its stage; thread-safe. */
@Singleton
public class Meters {

    private static final String SERVICE = "-service";

    private final MeterRegistry registry;
    private final String stage;

    @Inject
    Meters(MeterRegistry registry, @ConfigProperty(name = "quarkus.application.name") String service) {
        this.registry = registry;
        this.stage = service.endsWith(SERVICE) ? service.substring(0, service.length() - SERVICE.length()) : service;
    }

    /** Those of the service {@code service} in {@code registry}. */
    public static Meters of(MeterRegistry registry, String service) {
        return new Meters(registry, service);
    }

    /**
     * Shows what {@code value} says of {@code source} at each look.
     *
     * @param labels values of the metric's labels besides the stage, in their order
     */
    public <T> void gauge(Metric metric, T source, ToDoubleFunction<T> value, String... labels) {
        Gauge.builder(metric.id(), source, value)
                .tags(tags(metric, Metric.Kind.GAUGE, labels))
                .description(metric.meaning())
                .strongReference(true)
                .register(registry);
    }

    /** What counts from 0; the same for the same labels. */
    public Counter counter(Metric metric, String... labels) {
        return Counter.builder(metric.id())
                .tags(tags(metric, Metric.Kind.COUNTER, labels))
                .description(metric.meaning())
                .register(registry);
    }

    /** Shows what {@code source} counts itself. */
    public <T> void counter(Metric metric, T source, ToDoubleFunction<T> count, String... labels) {
        FunctionCounter.builder(metric.id(), source, count)
                .tags(tags(metric, Metric.Kind.COUNTER, labels))
                .description(metric.meaning())
                .register(registry);
    }

    /** What is told in seconds or tokens, one value for each thing; the same for the same labels. */
    public DistributionSummary histogram(Metric metric, String... labels) {
        double[] bounds = metric.buckets().orElseThrow().bounds().stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
        return DistributionSummary.builder(metric.id())
                .tags(tags(metric, Metric.Kind.HISTOGRAM, labels))
                .description(metric.meaning())
                .serviceLevelObjectives(bounds)
                .register(registry);
    }

    /** A gauge of 1 for each of several things that come and go. */
    public Presence presence(Metric metric) {
        return new Presence(
                metric,
                MultiGauge.builder(metric.id())
                        .tags(Metric.STAGE, stage)
                        .description(metric.meaning())
                        .register(registry));
    }

    /** See {@link Meters#presence}. */
    public static final class Presence {

        private final Metric metric;
        private final MultiGauge gauge;

        private Presence(Metric metric, MultiGauge gauge) {
            this.metric = metric;
            this.gauge = gauge;
        }

        /** From now on these are there, and no others; each is the values of the metric's labels. */
        public void are(List<List<String>> things) {
            gauge.register(
                    things.stream()
                            .map(labels -> MultiGauge.Row.of(own(metric, labels.toArray(String[]::new)), 1))
                            .<MultiGauge.Row<?>>map(row -> row)
                            .toList(),
                    true);
        }
    }

    /** Gauges for the figures of runs. */
    public RunGauges ofRuns() {
        return new RunGauges(registry, stage);
    }

    /** Gauges look at what ends with the service: the next service in this process, as in tests, would be refused its own of that name. */
    public void forgetGauges() {
        registry.getMeters().stream().filter(Gauge.class::isInstance).forEach(registry::remove);
    }

    private Tags tags(Metric metric, Metric.Kind kind, String... labels) {
        if (metric.kind() != kind) {
            throw new IllegalArgumentException(metric + " is a " + metric.kind() + " and no " + kind);
        }
        return Tags.of(Metric.STAGE, stage).and(own(metric, labels));
    }

    private static Tags own(Metric metric, String... labels) {
        if (labels.length != metric.labels().size()) {
            throw new IllegalArgumentException(
                    metric + " has the labels " + metric.labels() + ", but the values are " + List.of(labels));
        }
        Tags tags = Tags.empty();
        for (int i = 0; i < labels.length; i++) {
            tags = tags.and(metric.labels().get(i), labels[i]);
        }
        return tags;
    }
}
