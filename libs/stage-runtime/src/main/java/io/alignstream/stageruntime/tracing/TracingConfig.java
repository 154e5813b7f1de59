package io.alignstream.stageruntime.tracing;

import io.alignstream.stageruntime.settings.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.util.Optional;

/** Where traces go, {@code alignstream.tracing.*}; they change neither weights nor the ids of runs. */
@ConfigMapping(prefix = "alignstream.tracing")
public interface TracingConfig {

    /** The setting that turns tracing on. */
    String ENDPOINT = "alignstream.tracing.endpoint";

    /**
     * Address of the OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as http://collector:4318. Without
     * it nothing is traced. What the collector wants to see of a caller goes into the environment variable
     * QUARKUS_OTEL_EXPORTER_OTLP_HEADERS.
     */
    Optional<URI> endpoint();

    /**
     * Share of the requests without a trace of their own that begin one; those that only look never do. Runs, and requests that
     * come with a trace that is recorded, are always part of one.
     */
    @WithDefault("1")
    @Between(least = "0", greatest = "1")
    double requestShare();
}
