package io.alignstream.stageruntime.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;

/**
 * Which spans are recorded: of whoever is in a trace what that trace says, of requests that begin one the configured share,
 * of those that only look, as open pages do each second, none; runs always.
 */
@Singleton
public class RequestSampler implements Sampler {

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final Set<String> LOOKING = Set.of("GET", "HEAD", "OPTIONS");

    private final Sampler inTraces = Sampler.parentBased(Sampler.alwaysOn());
    private final Sampler requests;

    @Inject
    RequestSampler(TracingConfig config) {
        this(config.requestShare());
    }

    RequestSampler(double share) {
        requests = Sampler.traceIdRatioBased(share);
    }

    @Override
    public SamplingResult shouldSample(
            Context parent, String trace, String name, SpanKind kind, Attributes attributes, List<LinkData> links) {
        boolean begins = !Span.fromContext(parent).getSpanContext().isValid();
        if (kind != SpanKind.SERVER || !begins) {
            return inTraces.shouldSample(parent, trace, name, kind, attributes, links);
        }
        String method = attributes.get(METHOD);
        return method != null && LOOKING.contains(method)
                ? SamplingResult.drop()
                : requests.shouldSample(parent, trace, name, kind, attributes, links);
    }

    @Override
    public String getDescription() {
        return "runs, and " + requests.getDescription() + " of requests that act";
    }
}
