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
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A service with a password that is not its user's. */
@QuarkusTest
@TestProfile(KeptOutTest.OwnService.class)
@QuarkusTestResource(
        value = KafkaBroker.class,
        initArgs = {
            @ResourceArg(name = "user", value = "sft-service"),
            @ResourceArg(name = KafkaBroker.PASSWORD, value = "wrong")
        },
        restrictToAnnotatedClass = true)
class KeptOutTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** A service of its own. */
    public static final class OwnService implements QuarkusTestProfile {}

    @Test
    void readsAsDeadAndNamesTheUser() {
        // When
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 503);

        // Then
        given().get("/q/health/live")
                .then()
                .body(containsString("Kafka does not let user sft-service in: Authentication failed"));
        // It starts no more, so the kubelet asks whether it lives and, as it does not, starts it again.
        given().get("/q/health/started").then().statusCode(200);
        given().get("/job").then().body("state", equalTo("failed")).body("reason.code", equalTo("broker.keptOut"));
    }
}
