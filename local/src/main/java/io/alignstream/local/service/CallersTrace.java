package io.alignstream.local.service;

import io.alignstream.contracts.tracing.Traceparent;
import java.net.http.HttpRequest;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The trace that a command publishes and asks for runs in: that of whoever called it, in the environment variable {@code
 * TRACEPARENT}, as <a href="https://opentelemetry.io/docs/specs/otel/context/env-carriers/">OpenTelemetry</a> hands it to
 * programs. Without it, or with one that is none, events and requests say no trace.
 */
public final class CallersTrace {

    private static final Optional<Traceparent> CALLERS = Traceparent.parse(System.getenv("TRACEPARENT"));

    private CallersTrace() {}

    /** Writes it to an event. */
    public static void stamp(ProducerRecord<byte[], byte[]> record) {
        CALLERS.ifPresent(trace -> trace.stamp(record.headers()));
    }

    /** Writes it to a request that changes something: those that only look, again and again, are no part of it. */
    static HttpRequest.Builder with(HttpRequest.Builder request) {
        CALLERS.ifPresent(trace -> request.header("traceparent", trace.text()));
        return request;
    }
}
