package io.alignstream.rlhf.guard;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.GuardDecision.Verdict;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class GuardResourceTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @Inject
    @SuppressWarnings("NullAway.Init")
    Guard guard;

    private final String run = UUID.randomUUID().toString();

    @SuppressWarnings("NullAway.Init")
    private TopicProbe topics;

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void theNewestRunIsShownWithRewardAndJudgeByKl() {
        // Given
        topics.publish(Topic.TRAINING_PROGRESS, progress("ppo", 1, Map.of("objective/scores", 0.25)));
        topics.publish(
                Topic.TRAINING_PROGRESS,
                progress(
                        "ppo",
                        2,
                        Map.of(
                                "objective/scores", 0.75,
                                "heldOut/kl", 4.0,
                                "heldOut/judgeScores", -1.0,
                                "heldOut/sftJudgeScores", 0.5)));
        topics.publish(Topic.TRAINING_PROGRESS, progress("gate", 2, Map.of("heldOut/judgeScores", 9.0)));

        // When
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/guard").then().body("run", equalTo(run)));

        // Then
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/guard")
                .then()
                .body("decision", nullValue())
                .body("comparisons", hasSize(2))
                .body("comparisons[0].kl", equalTo(0f))
                .body("comparisons[0].reward", equalTo(0.25f))
                .body("comparisons[0].judge", equalTo(0.5f))
                .body("comparisons[1].iteration", equalTo(2))
                .body("comparisons[1].kl", equalTo(4f))
                .body("comparisons[1].reward", equalTo(0.5f))
                .body("comparisons[1].judge", equalTo(-1f)));
    }

    @ParameterizedTest
    @EnumSource(names = {"CONTINUED", "ENDED"})
    void aPersonDecidesAboutAPausedRun(Verdict verdict) {
        // Given
        paused();

        // When
        Response response = decide(verdict.id(), "Ann", "I read the answers.");

        // Then
        response.then()
                .statusCode(201)
                .body("verdict", equalTo(verdict.id()))
                .body("decidedBy", equalTo("Ann"))
                .body("finding.text", containsString("iteration 5"));
        assertThat(topics.events(Topic.GUARD_DECISIONS)).last().satisfies(decision -> {
            assertThat(decision.run()).isEqualTo(run);
            assertThat(decision.verdict()).isEqualTo(verdict);
            assertThat(decision.reason()).isEqualTo("I read the answers.");
        });
    }

    @Test
    void aDecisionIsMadeOnce() {
        // Given
        paused();
        decide("continued", "Ann", "I read the answers.");

        // When
        Response again = decide("ended", "Ben", "So did I.");

        // Then
        again.then().statusCode(409).body("error.code", equalTo("guard.notPaused"));
        assertThat(guard.decision(run)).map(GuardDecision::verdict).hasValue(Verdict.CONTINUED);
    }

    @ParameterizedTest
    @CsvSource({
        "paused, Ann, Because., guard.unknownVerdict",
        "better, Ann, Because., guard.unknownVerdict",
        ", Ann, Because., guard.unknownVerdict",
        "continued, , Because., invalid.blank",
        "continued, Ann, , invalid.blank",
    })
    void aDecisionThatCannotBeIsRefused(
            @Nullable String verdict, @Nullable String by, @Nullable String reason, String code) {
        // Given
        paused();

        // When
        Response response = decide(verdict, by, reason);

        // Then
        response.then().statusCode(400).body("error.code", equalTo(code));
        assertThat(guard.decision(run)).map(GuardDecision::verdict).hasValue(Verdict.PAUSED);
    }

    @Test
    void aRunThatIsNotPausedIsUnknown() {
        // When
        Response response = decide("continued", "Ann", "Because.");

        // Then
        response.then().statusCode(404).body("error.code", equalTo("guard.unknown"));
    }

    private TrainingProgress progress(String phase, long step, Map<String, Double> figures) {
        return new TrainingProgress(Stage.RLHF, run, phase, step, 10, 0, figures);
    }

    private void paused() {
        topics.publish(
                Topic.GUARD_DECISIONS,
                new GuardDecision(
                        run,
                        Verdict.PAUSED,
                        "end-rate",
                        List.of("endRate"),
                        5,
                        9,
                        Reason.of("guard.endRate")
                                .with("since", 5)
                                .with("now", 0.5)
                                .with("first", 1.0),
                        null,
                        null));
        await().atMost(PATIENCE).until(() -> guard.decision(run).isPresent());
    }

    private Response decide(@Nullable String verdict, @Nullable String by, @Nullable String reason) {
        Map<String, @Nullable String> body = new HashMap<>();
        body.put("verdict", verdict);
        body.put("by", by);
        body.put("reason", reason);
        return given().contentType(ContentType.JSON).body(body).post("/guard/" + run);
    }
}
