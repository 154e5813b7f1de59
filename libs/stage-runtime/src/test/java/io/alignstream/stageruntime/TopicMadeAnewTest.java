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
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** A service whose topic is deleted and made anew while it is followed. */
@QuarkusTest
@TestProfile(TopicMadeAnewTest.OwnService.class)
@QuarkusTestResource(
        value = KafkaBroker.class,
        initArgs = @ResourceArg(name = "fresh", value = "true"),
        restrictToAnnotatedClass = true)
class TopicMadeAnewTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @Inject
    JobControl control;

    /** A service of its own. */
    public static final class OwnService implements QuarkusTestProfile {}

    @Test
    void stopsReadsAsDeadAndSaysWhy() throws Exception {
        // Given
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.WAITING);

        // When
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) broker))) {
            admin.deleteTopics(List.of("prompts")).all().get();
            await().atMost(PATIENCE)
                    .until(() -> !admin.listTopics().names().get().contains("prompts"));
            admin.createTopics(List.of(new NewTopic("prompts", 1, (short) 1)))
                    .all()
                    .get();
        }

        // Then
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 503);
        given().get("/q/health/live")
                .then()
                .body(containsString("topic prompts is not the one that was read any more"));
        given().get("/job").then().body("state", equalTo("failed")).body("reason.code", equalTo("stage.topicMadeAnew"));
    }
}
