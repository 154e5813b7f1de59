package io.alignstream.tokenizer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Ready: the cleaning topology runs. Live: no topology has failed; only a new start lets one that has try again. */
@ApplicationScoped
public class TopologyHealth {

    private final TokenizerStreams streams;

    TopologyHealth(TokenizerStreams streams) {
        this.streams = streams;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> response(streams.ready() && streams.failure().isEmpty());
    }

    @Produces
    @Liveness
    HealthCheck live() {
        return () -> response(streams.failure().isEmpty());
    }

    private HealthCheckResponse response(boolean up) {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("topologies").status(up);
        streams.states().forEach(response::withData);
        return response.build();
    }
}
