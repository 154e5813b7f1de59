package io.alignstream.stageruntime.tracing;

import io.alignstream.contracts.tracing.Traceparent;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Begins the spans of runs; thread-safe.
 *
 * <p>A run has a short span of its own, told as soon as the run is due: the parent of each of its attempts, which are told
 * when they end; also of those that a person has asked for, whose request they are linked to. So a process that is killed leaves no trace without its root, and whoever goes on with the run goes on
 * with the trace.
 */
@Singleton
public class Tracing {

    private static final String STAGE = "alignstream.stage";
    private static final String RUN = "alignstream.run";

    /** How long the root of a run may keep it from beginning, where a collector does not answer. */
    private static final Duration TELLING = Duration.ofSeconds(1);

    private final Tracer tracer;
    private final Supplier<CompletableResultCode> flush;
    /** The request that asked for a run last. */
    private final AtomicReference<@Nullable Traceparent> asked = new AtomicReference<>();

    @Inject
    Tracing(OpenTelemetry telemetry) {
        tracer = telemetry.getTracer("io.alignstream");
        flush = telemetry instanceof OpenTelemetrySdk sdk
                ? sdk.getSdkTracerProvider()::forceFlush
                : CompletableResultCode::ofSuccess;
    }

    /** One that records nothing. */
    public static Tracing off() {
        return new Tracing(OpenTelemetry.noop());
    }

    /** Where the calling thread is in a trace; empty where none is recorded. */
    public static Optional<Traceparent> current() {
        return of(Span.current().getSpanContext());
    }

    /** Writes {@link #current} to {@code headers} of a record that is to be published. */
    public static void stamp(Headers headers) {
        current().ifPresent(traceparent -> traceparent.stamp(headers));
    }

    /** What the calling thread does depends on what happened there, in another trace. */
    public static void linkTo(Traceparent other) {
        Span.current().addLink(spanContext(other));
    }

    /** The running request asks for a run: the next one that a person has asked for is caused by it. */
    public void asksForRun() {
        asked.set(current().orElse(null));
    }

    /**
     * An attempt at a run begins, the first or a later one.
     *
     * @param known where the run stands in its trace already; null if it begins
     * @param byPerson whether somebody has asked for it, rather than its inputs
     */
    public RunTrace run(
            String stage, String run, CausingEvents.Causes causes, boolean byPerson, @Nullable Traceparent known) {
        Traceparent latest = asked.getAndSet(null);
        Optional<Traceparent> request = byPerson ? Optional.ofNullable(latest) : Optional.empty();
        SpanBuilder attempt = span(stage + " run", stage, run);
        if (known != null) {
            request.ifPresent(asking -> attempt.addLink(spanContext(asking)));
            return new RunTrace(
                    Optional.of(known),
                    attempt.setParent(context(Optional.of(known))).startSpan(),
                    CompletableResultCode.ofSuccess());
        }
        List<Traceparent> links = new ArrayList<>(causes.links());
        if (request.isPresent()) {
            causes.parent().ifPresent(links::add);
        }
        Optional<Traceparent> place = due(
                stage, run, request.or(causes::parent), links, request.isPresent() ? Optional.empty() : causes.event());
        return new RunTrace(place, attempt.setParent(context(place)).startSpan(), flush.get());
    }

    private Optional<Traceparent> due(
            String stage,
            String run,
            Optional<Traceparent> parent,
            List<Traceparent> links,
            Optional<CausingEvents.Event> cause) {
        SpanBuilder due =
                span(stage + " due", stage, run).setSpanKind(SpanKind.CONSUMER).setParent(context(parent));
        cause.ifPresent(event -> due.setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.destination.name", event.topic())
                .setAttribute("messaging.destination.partition.id", Integer.toString(event.partition()))
                .setAttribute("messaging.kafka.offset", event.offset()));
        links.forEach(link -> due.addLink(spanContext(link)));
        Span span = due.startSpan();
        span.end();
        return of(span.getSpanContext());
    }

    private SpanBuilder span(String name, String stage, String run) {
        return tracer.spanBuilder(name).setAttribute(STAGE, stage).setAttribute(RUN, run);
    }

    static Context context(Optional<Traceparent> parent) {
        return parent.map(there -> Context.root().with(Span.wrap(spanContext(there))))
                .orElse(Context.root());
    }

    /** The place that {@code traceparent} names, in another process. */
    static SpanContext spanContext(Traceparent traceparent) {
        return SpanContext.createFromRemoteParent(
                traceparent.trace(),
                traceparent.span(),
                TraceFlags.fromHex(traceparent.text(), 53),
                TraceState.getDefault());
    }

    static Optional<Traceparent> of(SpanContext context) {
        return context.isValid()
                ? Optional.of(new Traceparent("00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                        + context.getTraceFlags().asHex()))
                : Optional.empty();
    }

    /**
     * A run in its trace.
     *
     * @param place what is to be remembered with the run, so that a later attempt goes on in the trace; empty where nothing is
     *     traced
     * @param attempt that has begun; to be ended
     * @param told done when the collector has the run's root
     */
    public record RunTrace(Optional<Traceparent> place, Span attempt, CompletableResultCode told) {

        /** Before the place is remembered: then whoever goes on after a kill finds the root of what it goes on with. */
        public void awaitTold() {
            told.join(TELLING.toMillis(), TimeUnit.MILLISECONDS);
        }

        /** What the attempt's events say; empty where nothing is recorded. */
        public Optional<Traceparent> published() {
            return attempt.isRecording() ? of(attempt.getSpanContext()) : Optional.empty();
        }
    }
}
