package io.alignstream.tokenizer;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/** A service whose documents cannot be cleaned: its topics have different numbers of partitions. */
@QuarkusTest
@TestProfile(FailedTopologyTest.OwnStore.class)
@QuarkusTestResource(value = FailedTopologyTest.UnequalTopics.class, restrictToAnnotatedClass = true)
class FailedTopologyTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Settings of their own. */
    public static final class OwnStore implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return FreshStore.settings();
        }
    }

    /** A broker whose topics do not fit together. */
    public static final class UnequalTopics implements QuarkusTestResourceLifecycleManager {

        private final KafkaBroker broker = new KafkaBroker();

        @Override
        public Map<String, String> start() {
            broker.init(Map.of("fresh", "true", "partitions", "2"));
            Map<String, String> settings = broker.start();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", settings.get("kafka.bootstrap.servers")))) {
                admin.createTopics(List.of(new NewTopic("alignstream-clean-verdicts", 3, (short) 1)))
                        .all()
                        .get();
            } catch (Exception e) {
                throw new IllegalStateException("topic not created", e);
            }
            return settings;
        }

        @Override
        public void stop() {
            broker.stop();
        }
    }

    @Test
    void readsAsDownAndSaysWhy() {
        // When
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 503);

        // Then
        given().get("/q/health/live")
                .then()
                .body(
                        "checks.find { it.name == 'topologies' }.data.failure",
                        containsString("a topic that is being cleaned cannot get more partitions"));
        given().get("/q/health/ready").then().statusCode(503);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> given().get("/job").then().body("reason.code", equalTo("tokenizer.topologyFailed")));
    }
}
