package io.alignstream.local.pipeline;

import io.alignstream.contracts.tracing.Traceparent;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The trace that a command publishes in: that of whoever called it, in the environment variable {@code TRACEPARENT}, as <a
 * href="https://opentelemetry.io/docs/specs/otel/context/env-carriers/">OpenTelemetry</a> hands it to programs. Without it, or
 * with one that is none, events say no trace.
 */
final class PublishedTrace {

    private static final Optional<Traceparent> CALLERS = Traceparent.parse(System.getenv("TRACEPARENT"));

    private PublishedTrace() {}

    static void stamp(ProducerRecord<byte[], byte[]> record) {
        CALLERS.ifPresent(trace -> trace.stamp(record.headers()));
    }
}
