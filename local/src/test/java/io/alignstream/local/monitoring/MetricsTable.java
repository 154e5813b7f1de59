package io.alignstream.local.monitoring;

import io.alignstream.contracts.metrics.Buckets;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.contracts.metrics.Reporter;
import io.alignstream.contracts.metrics.RunFigure;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The metrics as docs/metrics.md. */
final class MetricsTable {

    /** What panels and alerts use besides: of Prometheus itself, the JVM and the HTTP server. */
    static final Map<String, String> OF_LIBRARIES = new TreeMap<>(Map.of(
            "up", "1 if Prometheus has reached the service at its last try; Prometheus' own",
            "jvm_memory_used_bytes", "Memory of the JVM, by `area` (`heap`, `nonheap`) and pool `id`",
            "jvm_memory_max_bytes", "The most that it may have, likewise; -1 for no bound",
            "jvm_gc_pause_seconds_sum", "Time that garbage collections have held the service up",
            "process_cpu_usage", "Share of the machine's processors that the process uses, 0 to 1",
            "http_server_requests_seconds_count", "Requests by `method`, `uri` and `status`",
            "http_server_requests_seconds_sum", "Time that they took together"));

    private MetricsTable() {}

    /** The content of docs/metrics.md. */
    static String markdown() {
        StringBuilder text = new StringBuilder(
                """
                # Metrics

                Generated from `Metric`, the message catalogues and `figures.js` by `MetricsTest` (`-Dmonitoring.write=true`).

                Each service tells at `/q/metrics` what stands here, in Prometheus' format; it asks for the role `viewer`. Units are seconds, bytes, tokens and shares from 0 to 1.
                Every metric has the label `stage`, the service's name without `-service`, and those that are named here. Metrics are there from a service's start on, at 0, but for what says otherwise.
                A histogram has `_bucket`, `_count` and `_sum`, and in `_max` the greatest value of the last minutes. The names of answers are vLLM's, with `alignstream_inference_` for `vllm:`.
                Dashboards and alerts that use them: [k8s/components/monitoring](../k8s/components/monitoring), [runbooks](runbooks/README.md).
                """);
        for (Reporter reporter : Reporter.values()) {
            text.append("\n## %s%n%n| metric | kind | labels | meaning |%n| --- | --- | --- | --- |%n"
                    .formatted(reporter.title()));
            Arrays.stream(Metric.values())
                    .filter(metric -> metric.reporter() == reporter)
                    .forEach(metric -> text.append("| `%s` | %s | %s | %s |%n"
                            .formatted(metric.id(), kind(metric), labels(metric), metric.meaning())));
        }
        text.append("\n## Buckets\n\n| histogram | upper bounds |\n| --- | --- |\n");
        for (Buckets buckets : Buckets.values()) {
            text.append("| %s | %s |%n"
                    .formatted(
                            name(buckets),
                            buckets.bounds().stream()
                                    .map(bound -> BigDecimal.valueOf(bound)
                                            .stripTrailingZeros()
                                            .toPlainString())
                                    .collect(Collectors.joining(", "))));
        }
        text.append(
                """

                ## Figures of runs

                What a run measures of itself, with the labels `%s`. A figure is there from its first value on until %d minutes after the run's end, or until four later runs have ended: no run that is over is shown as if it went on.
                Which of them a run has depends on its stage and settings. Names are those that charts, events and checkpoints have (`objective/kl`), with `_` for `/` and between words. They are TRL's where TRL has one; its `eps`, `lr` and `episode` are `episodesPerSecond`, `learningRate` and `episodes`.

                | metric | figure | unit | meaning |
                | --- | --- | --- | --- |
                """
                        .formatted(String.join("`, `", RunFigure.LABELS), RunFigure.MINUTES));
        Figures.all()
                .values()
                .forEach(figure -> text.append("| `%s` | %s (`%s`) | %s | %s |%n"
                        .formatted(
                                figure.metric(), figure.title(), figure.name(), figure.unitText(), figure.meaning())));
        text.append(
                """

                ## Of libraries

                Micrometer and Quarkus tell more; panels and alerts use these.

                | metric | meaning |
                | --- | --- |
                """);
        OF_LIBRARIES.forEach((name, meaning) -> text.append("| `%s` | %s |%n".formatted(name, meaning)));
        return text.toString();
    }

    private static String kind(Metric metric) {
        return metric.buckets()
                .map(buckets -> "histogram: " + name(buckets))
                .orElseGet(() -> metric.kind().name().toLowerCase(Locale.ROOT));
    }

    private static String name(Buckets buckets) {
        return buckets.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String labels(Metric metric) {
        return metric.labels().stream().map(label -> "`" + label + "`").collect(Collectors.joining(", "));
    }
}
