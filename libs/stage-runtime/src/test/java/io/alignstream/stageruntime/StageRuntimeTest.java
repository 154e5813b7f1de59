package io.alignstream.stageruntime;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.nullValue;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class StageRuntimeTest {

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @Inject
    EchoStage stage;

    @Inject
    JobControl control;

    @Inject
    CheckpointStore store;

    private TopicProbe topics;

    @BeforeAll
    static void havePatience() {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
        stage.mode = EchoStage.Mode.SUCCEED;
        control.resume();
        if (Set.of(JobStatus.State.FAILED, JobStatus.State.CANCELLED)
                .contains(control.status().state())) {
            control.trigger();
        }
        settle();
    }

    @AfterEach
    void close() {
        topics.close();
    }

    private String publishPrompt(String text) {
        String id = UUID.randomUUID().toString();
        topics.publish(Topic.PROMPTS, new Prompt(id, List.of(Message.user(text)), Map.of()));
        return id;
    }

    private void settle() {
        await().until(() -> control.status().state() == JobStatus.State.WAITING
                && control.status().reason().code().equals("echo.learned"));
    }

    private void awaitStatus(Predicate<JobStatus> condition) {
        await().until(control::status, condition);
    }

    private List<ConsumerRecord<byte[], byte[]>> deadLetters(Topic<?> topic, String key) {
        return topics.records(topic.deadLetters()).stream()
                .filter(record -> key.equals(new String(record.key(), StandardCharsets.UTF_8)))
                .toList();
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void runsOneJobForAnEventAndSeesItsResultBeforeItComparesAgain() {
        // Given
        stage.starts.clear();

        // When
        String id = publishPrompt("hello");
        await().until(() -> !stage.starts.isEmpty());
        settle();

        // Then
        assertThat(stage.starts).hasSize(1);
        assertThat(stage.readByJob).contains(id);
        String run = stage.starts.peek();
        assertThat(topics.events(Topic.CHECKPOINTS))
                .filteredOn(c -> c.run().equals(run))
                .hasSize(1);
        assertThat(topics.events(Topic.TRAINING_PROGRESS))
                .filteredOn(p -> p.run().equals(run))
                .last()
                .satisfies(progress -> assertThat(progress.step()).isEqualTo(progress.totalSteps()));
    }

    @Test
    void anIncidentStandsOnItsTopicInTheJobAndAmongThoseOfEarlierRuns() {
        // Given: both workers of a run report what both have seen
        String run = UUID.randomUUID().toString();
        Incident incident = EchoStage.incident(run, 7);
        topics.publish(Topic.INCIDENTS, incident); // the other one
        stage.incidents.add(incident);

        // When
        publishPrompt("hello");
        await().until(() ->
                topics.events(Topic.INCIDENTS).stream().filter(incident::equals).count() == 2);
        stage.incidents.clear();
        settle();

        // Then: it is one, whoever published it
        assertThat(topics.records(Topic.INCIDENTS.name()))
                .filteredOn(record -> new String(record.key(), StandardCharsets.UTF_8).equals("sft/" + run + "/7/2"))
                .hasSize(2);
        assertThat(control.status().healed()).extracting(Reason::code).contains("training.incident");
        await().untilAsserted(() -> given().get("/job/incidents")
                .then()
                .statusCode(200)
                .body("findAll { it.run == '" + run + "' }.size()", equalTo(1))
                .body("find { it.run == '" + run + "' }.owner.gradients", equalTo("ab".repeat(32))));
    }

    @Test
    void saysHowFullTheStoreIs() {
        // When
        var store = given().get("/store").then();

        // Then: there is no quota
        store.statusCode(200)
                .body("used", greaterThanOrEqualTo(0))
                .body("quota", nullValue())
                .body("shown.used", containsString("MiB"));
        given().get("/").then().body(containsString("data-figures=\"store\""));
    }

    @Test
    void poisonGoesToDeadLettersOnceAndThePartitionKeepsMoving() {
        // Given
        String key = UUID.randomUUID().toString();

        // When
        var place = topics.publishText(Topic.PROMPTS, key, "{broken");
        String refused = publishPrompt("refuse");
        String crashed = publishPrompt("crash");
        stage.starts.clear();
        publishPrompt("good");

        // Then
        await().until(() -> !deadLetters(Topic.PROMPTS, crashed).isEmpty());
        assertThat(deadLetters(Topic.PROMPTS, key)).singleElement().satisfies(letter -> {
            assertThat(letter.value()).asString().isEqualTo("{broken");
            assertThat(header(letter, "dead-letter-reason")).contains("ce_type");
            assertThat(header(letter, "dead-letter-stage")).isEqualTo("sft");
            assertThat(header(letter, "dead-letter-topic")).isEqualTo("prompts");
            assertThat(header(letter, "dead-letter-partition")).isEqualTo("0");
            assertThat(header(letter, "dead-letter-offset")).isEqualTo(Long.toString(place.offset()));
            assertThat(header(letter, "dead-letter-stack-hash")).hasSize(16);
        });
        assertThat(deadLetters(Topic.PROMPTS, refused)).singleElement().satisfies(letter -> {
            assertThat(header(letter, "dead-letter-reason")).isEqualTo("this stage refuses " + refused);
            assertThat(header(letter, "ce_type")).isEqualTo("io.alignstream.prompt.v1");
        });
        assertThat(deadLetters(Topic.PROMPTS, crashed)).singleElement().satisfies(letter -> assertThat(
                        header(letter, "dead-letter-reason"))
                .isEqualTo("java.lang.IllegalStateException: bug in the handler"));
        await().until(() -> !stage.starts.isEmpty());
        given().get("/dead-letters").then().statusCode(200).body("[0].topic", equalTo("prompts"));
        given().get("/q/metrics").then().body(containsString("alignstream_dead_letters_total{"));
    }

    @Test
    void aDeadLetterThatWouldBeTooLargeIsCutAndThePartitionKeepsMoving() {
        // Given: records that the broker just takes, so that there is no room for the reason
        String largeHeader = UUID.randomUUID().toString();
        String largeValue = UUID.randomUUID().toString();
        byte[] large = new byte[Topic.MAX_RECORD_BYTES];

        // When
        topics.send(new ProducerRecord<>(
                "prompts", null, bytes(largeHeader), bytes("{broken"), List.of(new RecordHeader("large", large))));
        topics.send(new ProducerRecord<>("prompts", bytes(largeValue), large));
        String refused = publishPrompt("refuse");

        // Then
        await().until(() -> !deadLetters(Topic.PROMPTS, refused).isEmpty());
        assertThat(deadLetters(Topic.PROMPTS, largeHeader)).singleElement().satisfies(letter -> assertThat(
                        header(letter, "dead-letter-headers-left-out"))
                .isEqualTo("1"));
        assertThat(deadLetters(Topic.PROMPTS, largeValue)).singleElement().satisfies(letter -> assertThat(
                        header(letter, "dead-letter-truncated-from"))
                .isEqualTo(Integer.toString(large.length)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void anEventMayArriveBeforeTheOneItRefersTo() {
        // Given
        String request = UUID.randomUUID().toString();
        Ranking ranking = new Ranking(request, "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "v1");
        Ranking orphan = new Ranking("no-" + request, "ann", ranking.order(), List.of(), List.of(), "v1");

        // When
        topics.publish(Topic.RANKINGS, orphan);
        topics.publish(
                Topic.RANKING_REQUESTS,
                new RankingRequest(request, List.of(Message.user("q")), List.of("a", "b"), null, Map.of()));
        topics.publish(Topic.RANKINGS, ranking);

        // Then
        await().until(() -> stage.rankings.contains(ranking));
        await().until(() ->
                deadLetters(Topic.RANKINGS, orphan.requestId() + "/ann").size() == 1);
        assertThat(deadLetters(Topic.RANKINGS, request + "/ann")).isEmpty();
    }

    @Test
    void aTombstoneWithdraws() {
        // Given
        String id = publishPrompt("to be withdrawn");

        // When
        topics.publishTombstone(Topic.PROMPTS, id);

        // Then
        await().until(() -> stage.withdrawn.contains(id));
    }

    @Test
    void aFailingRunIsTriedThreeTimesAndThenShown() {
        // Given
        stage.mode = EchoStage.Mode.FAIL;
        stage.starts.clear();

        // When
        publishPrompt("x");
        awaitStatus(status -> status.state() == JobStatus.State.FAILED);

        // Then
        assertThat(stage.starts).hasSize(3);
        given().get("/job")
                .then()
                .statusCode(200)
                .body("state", equalTo("failed"))
                .body("attempts", equalTo(3))
                .body("lastFailure.text", containsString("the loss is not finite"));
    }

    @Test
    void aRunThatFailedTooOftenIsTriedAgainWhenTriggered() {
        // Given
        stage.mode = EchoStage.Mode.FAIL;
        stage.starts.clear();
        publishPrompt("x");
        awaitStatus(status -> status.state() == JobStatus.State.FAILED);
        stage.mode = EchoStage.Mode.SUCCEED;

        // When
        int answer = given().post("/job/trigger").statusCode();

        // Then
        assertThat(answer).isEqualTo(202);
        settle();
        assertThat(stage.starts).hasSize(4);
    }

    private void startEndlessRun() {
        stage.mode = EchoStage.Mode.UNTIL_STOPPED;
        publishPrompt("x");
        awaitStatus(status -> status.state() == JobStatus.State.RUNNING && status.step() > 2);
    }

    @Test
    void aRunTellsWhatItHealedFrom() {
        // Given
        startEndlessRun();

        // When
        var job = given().get("/job").then();

        // Then
        job.body("healed.code", equalTo(List.of("echo.healed")));
    }

    private void awaitCancelled() {
        awaitStatus(status -> status.state() == JobStatus.State.CANCELLED
                && status.reason().code().equals("stage.cancelled"));
    }

    @Test
    void peoplePause() {
        // Given
        startEndlessRun();

        // When
        int answer = given().post("/job/pause").statusCode();

        // Then
        assertThat(answer).isEqualTo(202);
        awaitStatus(status -> status.state() == JobStatus.State.PAUSED);
    }

    @Test
    void peopleResume() {
        // Given
        startEndlessRun();
        control.pause();
        awaitStatus(status -> status.state() == JobStatus.State.PAUSED);

        // When
        int answer = given().post("/job/resume").statusCode();

        // Then
        assertThat(answer).isEqualTo(202);
        awaitStatus(status -> status.state() == JobStatus.State.RUNNING);
    }

    @Test
    void peopleCancelARunThatWasPausedAndResumed() {
        // Given
        startEndlessRun();
        control.pause();
        awaitStatus(status -> status.state() == JobStatus.State.PAUSED);
        control.resume();
        awaitStatus(status -> status.state() == JobStatus.State.RUNNING);

        // When
        int answer = given().post("/job/cancel").statusCode();

        // Then
        assertThat(answer).isEqualTo(202);
        awaitCancelled();
    }

    @Test
    void peopleTriggerACancelledRun() {
        // Given
        startEndlessRun();
        control.cancel();
        awaitCancelled();
        stage.mode = EchoStage.Mode.SUCCEED;

        // When
        int answer = given().post("/job/trigger").statusCode();

        // Then
        assertThat(answer).isEqualTo(202);
        settle();
    }

    @Test
    void chartsAndMetricsShowTheRun() {
        // Given
        publishPrompt("x");
        publishPrompt("y");
        settle();

        // When
        var series = given().get("/job/series").then().statusCode(200);

        // Then
        series.body("loss[0][0]", equalTo(1f)).body("run", containsString("echo-"));
        given().get("/q/metrics")
                .then()
                .body(containsString("alignstream_run_objective_kl{"))
                .body(containsString("alignstream_job_step{"))
                .body(containsString("alignstream_job_state{"))
                .body(containsString("alignstream_events_total{"))
                .body(containsString("alignstream_consumer_lag{"));
    }

    @Test
    void healthTellsThatTheTopicsAreRead() {
        given().get("/q/health/started").then().statusCode(200);
        given().get("/q/health/ready").then().statusCode(200);
        given().get("/q/health/live").then().statusCode(200);
    }

    @Test
    void asLongAsNoRunIsPlannedThePlanSaysWhyNot() {
        given().get("/job/plan")
                .then()
                .statusCode(200)
                .body("reason.code", equalTo("job.noPlan"))
                .body("reason.arguments.why.code", equalTo("echo.learned"))
                .body("reason.text", containsString("until its inputs are read: "))
                .body("parts", anEmptyMap())
                .body("bytes", nullValue())
                .body("available", greaterThanOrEqualTo(1L));
    }

    @Test
    void aPageOfAnotherOriginCannotSteer() {
        given().header("Origin", "https://evil.example")
                .post("/job/pause")
                .then()
                .statusCode(403);
        assertThat(control.status().state()).isNotEqualTo(JobStatus.State.PAUSED);
    }

    @Test
    void thePageSpeaksTheVisitorsLanguage() {
        given().header("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.5")
                .get("/")
                .then()
                .statusCode(200)
                .contentType(containsString("text/html"))
                .body(containsString("<html lang=\"zh\">"))
                .body(containsString("检查点"));
        given().header("Accept-Language", "fr").get("/").then().body(containsString("Checkpoints"));
        given().get("/?language=zh").then().cookie("alignstream-language", "zh").body(containsString("触发"));
        given().header("Accept-Language", "fr")
                .cookie("alignstream-language", "zh")
                .get("/")
                .then()
                .body(containsString("触发"));
    }

    @Test
    void thePageHoldsAServicesOwnPanelAndOnlyOwnScripts() {
        given().get("/")
                .then()
                .body(containsString("<h2>panel.echo</h2>"))
                .body(containsString("<p id=\"echo\">en</p>"))
                .body(containsString("src=\"echo/echo.js\""))
                .body(containsString("href=\"http://localhost:8084/\""))
                .header("Content-Security-Policy", containsString("default-src 'self'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"echarts-6.0.0.min.js", "dashboard-view.js", "dashboard.css"})
    void whatAllPagesShareIsServed(String file) {
        given().get("/alignstream/" + file).then().statusCode(200);
    }

    @Test
    void checkpointsOfTheStoreAreListed() throws IOException {
        // Given
        String run = "r" + UUID.randomUUID().toString().substring(0, 11);
        Manifest draft = Manifest.draft(Stage.SFT, run, 7).withMetrics(Map.of("loss", 2.5));
        Reference reference = store.save(draft, folder -> Files.writeString(folder.resolve("config.json"), run));

        // When
        topics.publish(
                Topic.CHECKPOINTS, EchoStage.checkpoint(run, control.status().totalSteps()));

        // Then
        await().untilAsserted(() -> given().get("/checkpoints")
                .then()
                .statusCode(200)
                .body("find { it.run == '" + run + "' }.step", equalTo(7))
                .body("find { it.run == '" + run + "' }.complete", equalTo(false))
                .body("find { it.run == '" + run + "' }.reference.sha256", equalTo(reference.sha256())));
    }
}
