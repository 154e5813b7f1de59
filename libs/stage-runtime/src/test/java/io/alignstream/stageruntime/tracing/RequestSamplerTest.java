package io.alignstream.stageruntime.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.tracing.Traceparent;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestSamplerTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    private static boolean records(double share, Context parent, String trace, SpanKind kind, String method) {
        Attributes attributes = Attributes.of(AttributeKey.stringKey("http.request.method"), method);
        return new RequestSampler(share)
                        .shouldSample(parent, trace, "name", kind, attributes, List.of())
                        .getDecision()
                == SamplingDecision.RECORD_AND_SAMPLE;
    }

    private static Context remote(String flags) {
        return Tracing.context(Optional.of(new Traceparent("00-" + TRACE + "-b7ad6b7169203331-" + flags)));
    }

    @Test
    void requestsThatActBeginATraceAndThoseThatLookDoNot() {
        assertThat(records(1, Context.root(), TRACE, SpanKind.SERVER, "POST")).isTrue();
        assertThat(records(1, Context.root(), TRACE, SpanKind.SERVER, "GET")).isFalse();
        assertThat(records(1, Context.root(), TRACE, SpanKind.SERVER, "HEAD")).isFalse();
    }

    @Test
    void whoComesWithATraceIsInItAsItSays() {
        assertThat(records(0, remote("01"), TRACE, SpanKind.SERVER, "GET")).isTrue();
        assertThat(records(1, remote("00"), TRACE, SpanKind.SERVER, "POST")).isFalse();
    }

    @Test
    void runsAreRecordedHoweverFewRequestsAre() {
        assertThat(records(0, Context.root(), TRACE, SpanKind.INTERNAL, "")).isTrue();
        assertThat(records(0, Context.root(), TRACE, SpanKind.SERVER, "POST")).isFalse();
    }

    @Test
    void theShareOfRequestsIsKept() {
        // Given
        Random random = new Random(7);

        // When
        long recorded = IntStream.range(0, 10_000)
                .filter(request -> records(
                        0.1,
                        Context.root(),
                        String.format("%016x%016x", random.nextLong(), random.nextLong()),
                        SpanKind.SERVER,
                        "POST"))
                .count();

        // Then
        assertThat(recorded).isBetween(900L, 1_100L);
    }
}
