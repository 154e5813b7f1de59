package io.alignstream.rlhf;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class RlhfStageTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @Inject
    @SuppressWarnings("NullAway.Init")
    CheckpointStore store;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @Test
    void aRewardModelOfTheNewestSftModelLeadsToAReleaseAndACheckpoint() throws IOException {
        // Given
        try (TopicProbe topics = new TopicProbe(broker)) {
            Checkpoint sft = TinyParents.sft(store);
            TinyParents.prompts(12).forEach(prompt -> topics.publish(Topic.PROMPTS, prompt));
            topics.publish(Topic.CHECKPOINTS, sft);
            await().atMost(PATIENCE).untilAsserted(() -> given().get("/job")
                    .then()
                    .body(
                            "reason.text",
                            equalTo("waiting for a reward model made of SFT model "
                                    + sft.reference().shortSha256())));
            Checkpoint reward = TinyParents.reward(store, sft);
            topics.publish(
                    Topic.CHECKPOINTS,
                    reward.with(new Checkpoint.Promotion(false, Reason.verbatim("worse than before"), null)));
            await().atMost(PATIENCE).untilAsserted(() -> given().get("/job")
                    .then()
                    .body("state", equalTo("waiting"))
                    .body("reason.text", containsString("POST /promotions/" + reward.run())));

            // When: a person promotes it
            topics.publish(Topic.CHECKPOINTS, reward.with(Checkpoint.Promotion.granted("Ann", "good enough")));

            // Then
            await().atMost(PATIENCE).until(() -> !aligned(topics).isEmpty());
            Checkpoint aligned = aligned(topics).getFirst();
            ModelRelease release = topics.events(Topic.MODEL_RELEASES).stream()
                    .filter(one -> one.run().equals(aligned.run()))
                    .findFirst()
                    .orElseThrow();
            assertThat(release.reference()).isEqualTo(aligned.reference());
            await().atMost(PATIENCE).untilAsserted(() -> given().get("/rlhf")
                    .then()
                    .body("sft", equalTo(sft.reference().sha256()))
                    .body("newest.kl", notNullValue())
                    .body("newest.winRate", notNullValue())
                    .body("newest.klCoefficient", notNullValue()));
            given().get("/releases")
                    .then()
                    .body("releases[0].run", equalTo(release.run()))
                    .body("releases[0].reason.text", equalTo(release.reason()))
                    .body("releases[0].decidedBy", nullValue());
            assertThat(release.model()).isEqualTo("alignstream");
            assertThat(aligned.metrics()).containsKeys("winRate", "heldOut/kl");
            assertThat(store.open(aligned.reference()).manifest().complete()).isTrue();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> given().get("/job").then().body("state", equalTo("waiting")));
            assertThat(aligned(topics)).hasSize(1);
        }
    }

    private static List<Checkpoint> aligned(TopicProbe topics) {
        return topics.events(Topic.CHECKPOINTS).stream()
                .filter(checkpoint -> checkpoint.stage() == Stage.RLHF)
                .toList();
    }
}
