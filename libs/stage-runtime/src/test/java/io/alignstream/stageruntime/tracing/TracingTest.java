package io.alignstream.stageruntime.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.tracing.Traceparent;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TracingTest {

    private static final Traceparent KNOWN = new Traceparent("00-" + "ab".repeat(16) + "-" + "cd".repeat(8) + "-01");
    private static final Traceparent REQUEST = new Traceparent("00-" + "12".repeat(16) + "-" + "34".repeat(8) + "-01");

    private final Received received = new Received();
    /** Which sends nothing before an hour is over, unless it is told to. */
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(BatchSpanProcessor.builder(received)
                            .setScheduleDelay(Duration.ofHours(1))
                            .build())
                    .build())
            .build();

    private final Tracing tracing = new Tracing(telemetry);

    @AfterEach
    void close() {
        telemetry.close();
    }

    @Test
    void theRootOfARunIsWithTheCollectorBeforeAnybodyCanGoOnWithIt() {
        // When: a run begins, and its process may be killed from then on
        Tracing.RunTrace run = tracing.run("sft", "run-1", CausingEvents.Causes.NONE, false, null);
        run.awaitTold();

        // Then
        assertThat(received.spans).extracting(SpanData::getName).containsExactly("sft due");
        assertThat(received.spans.getFirst().getSpanId())
                .isEqualTo(run.place().orElseThrow().span());
    }

    @Test
    void whatGoesOnStaysInItsTraceAlsoWhenAPersonAsksForIt() {
        // Given
        asksForRun();

        // When
        Tracing.RunTrace run = tracing.run("sft", "run-1", CausingEvents.Causes.NONE, true, KNOWN);
        run.attempt().end();
        telemetry.getSdkTracerProvider().forceFlush().join(10, TimeUnit.SECONDS);

        // Then: no second root, and the request is found all the same
        assertThat(run.place()).contains(KNOWN);
        assertThat(received.spans).singleElement().satisfies(attempt -> {
            assertThat(attempt.getName()).isEqualTo("sft run");
            assertThat(attempt.getTraceId()).isEqualTo(KNOWN.trace());
            assertThat(attempt.getParentSpanId()).isEqualTo(KNOWN.span());
            assertThat(links(attempt)).containsExactly(REQUEST.trace());
        });
    }

    @Test
    void whatBeginsSinceAPersonAsksForItIsInTheTraceOfTheRequest() {
        // Given
        asksForRun();

        // When
        Tracing.RunTrace run = tracing.run("sft", "run-1", CausingEvents.Causes.NONE, true, null);
        Tracing.RunTrace next = tracing.run("sft", "run-2", CausingEvents.Causes.NONE, true, null);

        // Then: a request asks for one run
        assertThat(run.place()).map(Traceparent::trace).contains(REQUEST.trace());
        assertThat(next.place()).map(Traceparent::trace).isPresent().isNotEqualTo(Optional.of(REQUEST.trace()));
        next.awaitTold();
        assertThat(received.spans)
                .extracting(SpanData::getParentSpanId)
                .containsExactly(REQUEST.span(), "0000000000000000");
    }

    private void asksForRun() {
        try (Scope ignored = Span.wrap(Tracing.spanContext(REQUEST)).makeCurrent()) {
            tracing.asksForRun();
        }
    }

    private static List<String> links(SpanData span) {
        return span.getLinks().stream()
                .map(LinkData::getSpanContext)
                .map(context -> context.getTraceId())
                .toList();
    }

    private static final class Received implements SpanExporter {

        private final List<SpanData> spans = new CopyOnWriteArrayList<>();

        @Override
        public CompletableResultCode export(Collection<SpanData> batch) {
            spans.addAll(batch);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
