package io.alignstream.tokenizer;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: the cleaning topology runs. Dead stream threads are replaced, so nothing here asks for a restart. */
@Readiness
@ApplicationScoped
public class TopologyHealth implements HealthCheck {

    private final TokenizerStreams streams;

    TopologyHealth(TokenizerStreams streams) {
        this.streams = streams;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("topologies").status(streams.ready());
        streams.states().forEach(response::withData);
        return response.build();
    }
}
