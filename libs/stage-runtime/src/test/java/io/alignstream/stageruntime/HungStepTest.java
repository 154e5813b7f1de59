package io.alignstream.stageruntime;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A service whose training waits for something that never comes. */
@QuarkusTest
@TestProfile(HungStepTest.Impatient.class)
@QuarkusTestResource(KafkaBroker.class)
class HungStepTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Inject
    EchoStage stage;

    @Inject
    JobControl control;

    /** A service that takes a step of a second for one that hangs. */
    public static final class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("alignstream.job.longest-step", "PT0.2S");
        }
    }

    @Test
    void readsAsDeadUntilTheStepIsOver() {
        // Given
        stage.mode = EchoStage.Mode.HANG;
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 200);

        // When
        control.trigger();

        // Then
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 503);
        given().get("/q/health/live").then().body(containsString("seems not to end"));
        given().get("/job").then().body("state", equalTo("running"));
    }
}
