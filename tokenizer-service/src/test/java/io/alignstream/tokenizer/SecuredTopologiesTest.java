package io.alignstream.tokenizer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.acl.AclOperation;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The whole service as a user that may do what {@link BrokerUser} says, and no more. */
@QuarkusTest
@TestProfile(SecuredTopologiesTest.Tiny.class)
@QuarkusTestResource(
        value = KafkaBroker.class,
        initArgs = {
            @ResourceArg(name = "user", value = "tokenizer-service"),
            @ResourceArg(name = "partitions", value = "2")
        },
        restrictToAnnotatedClass = true)
@TestMethodOrder(OrderAnnotation.class)
class SecuredTopologiesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @ConfigProperty(name = KafkaBroker.ADMIN)
    String admin;

    /** Few tokens, and a store of its own. */
    public static final class Tiny implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = FreshStore.settings();
            settings.put("alignstream.tokenizer.cleaning.profile", "exact");
            settings.put("alignstream.tokenizer.vocabulary-size", "300");
            settings.put("alignstream.tokenizer.sequence-length", "32");
            settings.put("alignstream.tokenizer.batch-sequences", "8");
            return settings;
        }
    }

    @Test
    @Order(1)
    void cleansLearnsAndPacks() throws Exception {
        // Given
        await().atMost(PATIENCE).until(() -> given().get("/q/health/ready").statusCode() == 200);
        try (TopicProbe topics = new TopicProbe(admin)) {
            IntStream.range(0, 60)
                    .forEach(i -> topics.publish(
                            Topic.DOCUMENTS,
                            new Document("d" + i, "今天来上海出差了。我在外滩喝咖啡。第 " + i + " 次。", "test", Map.of())));
            topics.publishText(Topic.DOCUMENTS, "poison", "this is no document");
            await().atMost(PATIENCE)
                    .until(() -> topics.events(Topic.CLEAN_DOCUMENTS).stream()
                                    .map(CleanDocument::id)
                                    .distinct()
                                    .count()
                            == 60);

            // When
            given().post("/job/trigger").then().statusCode(202);

            // Then
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.TOKEN_BATCHES))
                    .anyMatch(TokenBatch::endOfSnapshot));
            assertThat(topics.records(Topic.DOCUMENTS.deadLetters())).hasSize(1);
        }
        given().get("/q/health").then().statusCode(200);
    }

    @Test
    @Order(2)
    void aRightThatIsTakenEndsTheTopologyAtOnce() {
        // Given
        await().atMost(PATIENCE).until(() -> given().get("/q/health/ready").statusCode() == 200);
        KafkaBroker.revoke(admin, "tokenizer-service", Topic.CLEAN_DOCUMENTS.name(), AclOperation.WRITE);

        // When
        try (TopicProbe topics = new TopicProbe(admin)) {
            topics.publish(Topic.DOCUMENTS, new Document("late", "今天又来上海出差了。", "test", Map.of()));
        }

        // Then
        await().atMost(PATIENCE).until(() -> given().get("/q/health/live").statusCode() == 503);
        given().get("/q/health/live")
                .then()
                .body(containsString(
                        "Kafka refuses user tokenizer-service the right Read, Write on topic clean-documents"));
    }
}
