package io.alignstream.stageruntime;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import org.apache.kafka.common.acl.AclOperation;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** A service from which the right to read a topic is taken while it follows it. */
@QuarkusTest
@TestProfile(RefusedReaderTest.OwnService.class)
@QuarkusTestResource(
        value = KafkaBroker.class,
        initArgs = {
            @ResourceArg(name = "user", value = "sft-service"),
            @ResourceArg(name = "also", value = "reward-service")
        },
        restrictToAnnotatedClass = true)
class RefusedReaderTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @ConfigProperty(name = KafkaBroker.ADMIN)
    String admin;

    @Inject
    JobControl control;

    /** A service of its own. */
    public static final class OwnService implements QuarkusTestProfile {}

    @Test
    void readsAsDeadAndNamesUserTopicAndRight() {
        // Given
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.WAITING);

        // When
        KafkaBroker.revoke(admin, "sft-service", "prompts", AclOperation.READ);

        // Then
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 503);
        given().get("/q/health/live")
                .then()
                .body(containsString("Kafka refuses user sft-service the right Read on topic prompts"));
        given().get("/q/health/ready").then().statusCode(503);
        given().get("/job").then().body("state", equalTo("failed")).body("reason.code", equalTo("broker.refused"));
    }
}
