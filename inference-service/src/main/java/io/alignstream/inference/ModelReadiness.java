package io.alignstream.inference;

import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: an approved release is in memory, or it is known that there is none. */
@Readiness
@ApplicationScoped
public class ModelReadiness implements HealthCheck {

    private final ServedModel served;
    private final JobControl control;

    ModelReadiness(ServedModel served, JobControl control) {
        this.served = served;
        this.control = control;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("model");
        Optional<LoadedModel> current = served.current();
        if (current.isPresent()) {
            return response.up().withData("sha256", current.get().sha256()).build();
        }
        if (control.status().state() == JobStatus.State.STARTING) {
            return response.down()
                    .withData("reason", "the topics are not read yet")
                    .build();
        }
        return served.awaited()
                ? response.down()
                        .withData("reason", "no approved release is loaded yet")
                        .build()
                : response.up().withData("reason", "no release is approved").build();
    }
}
