package io.alignstream.inference;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: a model is in service, so questions get answers. */
@Readiness
@ApplicationScoped
public class ModelReadiness implements HealthCheck {

    private final ServedModel served;

    ModelReadiness(ServedModel served) {
        this.served = served;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("model");
        return served.current()
                .map(model -> response.up().withData("sha256", model.sha256()))
                .orElseGet(() -> response.down().withData("reason", "no approved release is loaded"))
                .build();
    }
}
