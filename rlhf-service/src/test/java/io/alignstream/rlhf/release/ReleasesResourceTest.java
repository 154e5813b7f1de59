package io.alignstream.rlhf.release;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.contracts.ModelRelease.Verdict.REJECTED;
import static io.alignstream.contracts.ModelRelease.Verdict.ROLLED_BACK;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class ReleasesResourceTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Reason EXPLANATION =
            Reason.of("gate.kl").with("value", 0.5).with("bound", 0.1);

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @Inject
    @SuppressWarnings("NullAway.Init")
    Releases releases;

    @Inject
    @SuppressWarnings("NullAway.Init")
    CheckpointStore store;

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

    @ParameterizedTest
    @CsvSource({
        "rejected, approved",
        "approved, rejected",
        "approved, rolled-back",
        "rolled-back, approved",
    })
    void aPersonDecidesAgainstTheVerdictThatStands(String before, String after) {
        // Given
        ModelRelease release = known(verdict(before));

        // When
        Response response = decide(release, after, " Ann ", "Live answers say so.");

        // Then
        response.then()
                .statusCode(201)
                .body("verdict", equalTo(after))
                .body("decidedBy", equalTo("Ann"))
                .body("reason.text", equalTo("Live answers say so."));
        assertThat(onTopic(release)).last().isEqualTo(release.decided(verdict(after), "Ann", "Live answers say so."));
        given().get("/releases")
                .then()
                .body("releases[0].run", equalTo(release.run()))
                .body("releases[0].figures.winRate", equalTo(0.75f));
    }

    @ParameterizedTest
    @CsvSource({
        "approved, approved, release.already",
        "rejected, rejected, release.already",
        "rolled-back, rolled-back, release.already",
        "rejected, rolled-back, release.notApproved",
        "rolled-back, rejected, release.notApproved",
    })
    void aVerdictThatCannotFollowIsRefused(String before, String after, String code) {
        // Given
        ModelRelease release = known(verdict(before));

        // When
        Response response = decide(release, after, "Ann", "Because.");

        // Then
        response.then()
                .statusCode(409)
                .body("error.code", equalTo(code))
                .body("error.text", containsString(release.run()));
        assertThat(onTopic(release)).hasSize(1);
    }

    @Test
    void whoseFilesWereRemovedIsNotApproved() throws IOException {
        // Given
        ModelRelease release = knownWithoutFiles(REJECTED);

        // When
        Response response = decide(release, "approved", "Ann", "Better than nothing.");

        // Then
        response.then()
                .statusCode(409)
                .body("error.code", equalTo("release.removed"))
                .body("error.text", containsString("were removed by retention on 2"));
        assertThat(onTopic(release)).hasSize(1);
    }

    @Test
    void theServedOneIsNotRolledBackToOneWhoseFilesWereRemoved() throws IOException {
        // Given
        ModelRelease before = knownWithoutFiles(APPROVED);
        ModelRelease served = known(APPROVED);

        // When
        Response refused = decide(served, "rolled-back", "Ann", "Because.");
        Response first = decide(before, "rolled-back", "Ann", "Its files are gone.");

        // Then
        refused.then()
                .statusCode(409)
                .body("error.code", equalTo("release.nextRemoved"))
                .body("error.text", containsString(before.run()));
        first.then().statusCode(201);
        assertThat(onTopic(served)).hasSize(1);
    }

    @Test
    void aDecisionSeesTheOneBeforeAtOnce() {
        // Given
        ModelRelease release = known(REJECTED);

        // When
        List<Integer> statuses = List.of(
                decide(release, "approved", "Ann", "Good.").statusCode(),
                decide(release, "approved", "Bob", "Good, too.").statusCode(),
                decide(release, "rolled-back", "Bob", "Bad.").statusCode());

        // Then
        assertThat(statuses).containsExactly(201, 409, 201);
        assertThat(onTopic(release)).extracting(ModelRelease::verdict).containsExactly(REJECTED, APPROVED, ROLLED_BACK);
    }

    @Test
    void aRunThatNobodyReleasedIsRefused() {
        // When
        ValidatableResponse response = decide("alignstream/nowhere", body("approved", "Ann", "Good."));

        // Then
        response.statusCode(404)
                .body("error.code", equalTo("release.unknown"))
                .body("error.text", containsString("alignstream/nowhere"));
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "perfect, Ann, Because., release.unknownVerdict",
                "null, Ann, Because., release.unknownVerdict",
                "rejected, null, Because., invalid.blank",
                "rejected, ' ', Because., invalid.blank",
                "rejected, Ann, null, invalid.blank",
                "rejected, Ann, '', invalid.blank",
            },
            nullValues = "null")
    void aDecisionWithoutVerdictNameOrReasonIsRefused(String verdict, String by, String reason, String code) {
        // Given
        ModelRelease release = known(APPROVED);

        // When
        Response response = decide(release, verdict, by, reason);

        // Then
        response.then().statusCode(400).body("error.code", equalTo(code));
        assertThat(onTopic(release)).hasSize(1);
    }

    @Test
    void namesAndReasonsHaveBounds() {
        // Given
        ModelRelease release = known(APPROVED);

        // When
        List<Integer> statuses = List.of(
                decide(release, "rejected", "n".repeat(101), "Because.").statusCode(),
                decide(release, "rejected", "Ann", "r".repeat(2001)).statusCode(),
                decide(release, "rejected", "n".repeat(100), "r".repeat(2000)).statusCode());

        // Then
        assertThat(statuses).containsExactly(400, 400, 201);
    }

    @Test
    void aPageOfAnotherOriginCannotDecide() {
        // Given
        ModelRelease release = known(APPROVED);

        // When
        Response response = given().header("Origin", "https://evil.example")
                .contentType(ContentType.JSON)
                .body(body("rolled-back", "Mallory", "Because."))
                .post("/releases/" + Topic.MODEL_RELEASES.key(release));

        // Then
        response.then().statusCode(403).body("error.code", equalTo("refusal.otherOrigin"));
        assertThat(onTopic(release)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Verdict.class)
    void aReleaseSaysWhatMayFollow(Verdict verdict) {
        // Given
        ModelRelease release = known(verdict);

        // When
        ValidatableResponse response = given().get("/releases").then();

        // Then
        response.body("releases[0].key", equalTo("alignstream/" + release.run()))
                .body("releases[0].reason.code", equalTo("gate.kl"));
        if (verdict == APPROVED) {
            response.body("releases[0].possible", contains("rejected", "rolled-back"));
        } else {
            response.body("releases[0].possible", contains("approved"));
        }
    }

    @Test
    void aPageHasABound() {
        // Given
        for (int i = 0; i < 50; i++) {
            topics.publish(Topic.MODEL_RELEASES, release(UUID.randomUUID().toString(), REJECTED));
        }
        known(APPROVED);

        // When
        ValidatableResponse first = given().get("/releases").then();
        ValidatableResponse second = given().get("/releases?page=1").then();

        // Then
        first.body("total", greaterThanOrEqualTo(51))
                .body("pageSize", equalTo(50))
                .body("releases", hasSize(50));
        second.body("releases.size()", greaterThanOrEqualTo(1)).body("releases.size()", lessThanOrEqualTo(50));
    }

    @Test
    void aVerdictUnderAFormerKeyIsReplaced() {
        // Given: a record of the time when the key was the model's name
        ModelRelease release = release(UUID.randomUUID().toString(), APPROVED);
        ProducerRecord<byte[], byte[]> record = Topic.MODEL_RELEASES.record(release, "test");
        topics.send(new ProducerRecord<>(
                record.topic(),
                null,
                "alignstream".getBytes(StandardCharsets.UTF_8),
                record.value(),
                record.headers()));
        awaitKnown(release);

        // When
        Response response = decide(release, "rolled-back", "Ann", "Because.");

        // Then
        response.then().statusCode(201);
        assertThat(topics.records(Topic.MODEL_RELEASES.name())).last().satisfies(tombstone -> {
            assertThat(tombstone.key()).asString().isEqualTo("alignstream");
            assertThat(tombstone.value()).isNull();
        });
        given().get("/releases").then().body("releases[0].verdict", equalTo("rolled-back"));
    }

    private ModelRelease known(Verdict verdict) {
        ModelRelease release = release(UUID.randomUUID().toString(), verdict);
        topics.publish(Topic.MODEL_RELEASES, release);
        awaitKnown(release);
        return release;
    }

    private ModelRelease knownWithoutFiles(Verdict verdict) throws IOException {
        String run = UUID.randomUUID().toString();
        Reference candidate = store.save(
                Manifest.draft(Stage.RLHF, run, 1).withComplete(true),
                folder -> Files.writeString(folder.resolve("model"), "weights"));
        Lease lease = store.claimIdle(Stage.RLHF, run, Instant.MAX).orElseThrow();
        store.remove(lease, candidate, Set.of("model"));
        ModelRelease release = new ModelRelease(
                "alignstream", verdict, candidate, run, Map.of("winRate", 0.75), "from the gate", EXPLANATION, null);
        topics.publish(Topic.MODEL_RELEASES, release);
        awaitKnown(release);
        return release;
    }

    private void awaitKnown(ModelRelease release) {
        await().atMost(PATIENCE)
                .until(() -> releases.verdict(release.model(), release.run()).isPresent());
    }

    private static ModelRelease release(String run, Verdict verdict) {
        Reference candidate = new Reference(URI.create("file:/store/" + run), "ab".repeat(32), 1);
        return new ModelRelease(
                "alignstream", verdict, candidate, run, Map.of("winRate", 0.75), "from the gate", EXPLANATION, null);
    }

    private static Verdict verdict(String id) {
        return Verdict.valueOf(id.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static Response decide(ModelRelease release, String verdict, String by, String reason) {
        return given().contentType(ContentType.JSON)
                .body(body(verdict, by, reason))
                .post("/releases/" + Topic.MODEL_RELEASES.key(release));
    }

    private static ValidatableResponse decide(String key, Map<String, String> body) {
        return given().contentType(ContentType.JSON)
                .body(body)
                .post("/releases/" + key)
                .then();
    }

    private static Map<String, String> body(String verdict, String by, String reason) {
        Map<String, String> body = new HashMap<>();
        body.put("verdict", verdict);
        body.put("by", by);
        body.put("reason", reason);
        return body;
    }

    private List<ModelRelease> onTopic(ModelRelease release) {
        return topics.events(Topic.MODEL_RELEASES).stream()
                .filter(one -> one.run().equals(release.run()))
                .toList();
    }
}
