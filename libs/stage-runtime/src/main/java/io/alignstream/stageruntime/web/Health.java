package io.alignstream.stageruntime.web;

import io.alignstream.stageruntime.runner.StageRunner;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/**
 * Started: the topics were read once, or never will be, which being alive then tells. Ready: that, and the reader runs; what the service has read it can serve while the
 * broker is away, and says that it is. Live: the reader runs, and
 * no step of training hangs.
 */
@ApplicationScoped
public class Health {

    private static final String NAME = "stage reader";

    private final StageRunner runner;

    Health(StageRunner runner) {
        this.runner = runner;
    }

    @Produces
    @Startup
    HealthCheck started() {
        return () -> response(runner.started() || runner.ended());
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> response(runner.ready());
    }

    @Produces
    @Liveness
    HealthCheck live() {
        return () -> response(runner.alive());
    }

    private HealthCheckResponse response(boolean up) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(NAME).status(up);
        runner.trouble().ifPresent(trouble -> response.withData("trouble", trouble));
        return response.build();
    }
}
