package io.alignstream.stageruntime;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page of a stage as people see and use it, with the charts of runs that really were. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class StagePageTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Path PICTURES = Path.of("target", "pictures");

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @TestHTTPResource("/")
    URI address;

    @Inject
    EchoStage stage;

    @Inject
    JobControl control;

    private TopicProbe topics;

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
        stage.mode = EchoStage.Mode.SUCCEED;
        control.resume();
    }

    @AfterEach
    void close() {
        topics.close();
    }

    /** One run for each prompt, as many steps long as there are prompts. */
    private String ran() {
        int before = stage.starts.size();
        topics.publish(Topic.PROMPTS, new Prompt(UUID.randomUUID().toString(), List.of(Message.user("x")), Map.of()));
        await().atMost(PATIENCE)
                .until(() -> stage.starts.size() > before
                        && control.status().state() == JobStatus.State.WAITING
                        && control.status().outcome() == RunRecord.Outcome.FINISHED);
        return control.runs().getFirst().run();
    }

    @ParameterizedTest
    @CsvSource({"en, 1200, false", "zh, 390, true"})
    void everybodySeesChartsRunsAndCheckpoints(String language, int width, boolean dark) throws IOException {
        // Given: of an earlier run, machines that contradict each other
        topics.publish(Topic.INCIDENTS, EchoStage.incident("0f3a9c2b1d77", 1_204));
        ran();
        ran();
        try (Chromium browser = Chromium.start()) {
            browser.show(width, 1500, dark);

            // When
            browser.open(address.resolve("/?language=" + language).toString());
            browser.await("document.querySelectorAll('.charts svg').length >= 2");
            browser.await("document.querySelectorAll('#runs tr').length >= 2");
            browser.await("document.querySelectorAll('#incidents tr').length >= 1");

            // Then
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("stage-" + language + ".png"), browser.picture());
            assertThat(browser.hindrances()).isEmpty();
            assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                    .isLessThanOrEqualTo(width);
            assertThat(browser.value("document.getElementById('incidents').textContent")
                            .asText())
                    .contains("0f3a9c2b1d77", "10.0.0.8:41002", "cd".repeat(32), "processor Xeon");
            assertThat(browser.value("document.getElementById('facts').textContent")
                            .asText())
                    .contains("MFU", "41.3");
            // what finished is no bar
            assertThat(browser.value("document.getElementById('progress').hidden")
                            .asBoolean())
                    .isTrue();
            // what the model wrote stands there as it is
            assertThat(browser.value("document.getElementById('samples').textContent")
                            .asText())
                    .contains("，<b>的的", "：熊猫基地");
            // a figure says what it is and what is good
            assertThat(browser.value("document.querySelector('.charts figcaption dd').textContent")
                            .asText())
                    .isNotEmpty();
        }
    }

    @Test
    void runsAreComparedSmoothedZoomedAndTakenHome() throws IOException {
        // Given
        ran();
        String second = ran();
        String third = ran();
        try (Chromium browser = Chromium.start()) {
            browser.show(1200, 1800, false);
            browser.open(address.resolve("/?language=en").toString());
            browser.await("document.querySelectorAll('.charts svg').length >= 2");
            browser.await("document.querySelector('[data-run=\"" + third + "\"]').checked");

            // When: all by keys
            browser.value("document.querySelector('[data-run=\"" + second + "\"]').focus()");
            browser.press(" ");
            browser.await("document.querySelectorAll('.legend:not([hidden]) li').length >= 2");
            browser.value("document.getElementById('smoothing').focus()");
            browser.press("ArrowUp", "ArrowUp");
            browser.value("document.getElementById('logarithmic').focus()");
            browser.press(" ");
            browser.value("document.getElementById('from-step').focus()");
            browser.type("2");
            browser.press("Enter");
            browser.await("document.getElementById('from-step').value === '2'");

            // Then
            browser.await("!document.getElementById('comparison').hidden");
            // the pointer on one chart stands in all of them
            browser.value("(() => { const at = document.querySelector('.charts svg').parentElement;"
                    + " const box = at.getBoundingClientRect();"
                    + " at.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX: box.left + box.width / 2,"
                    + " clientY: box.top + box.height / 2 })); })()");
            browser.await("[...document.querySelectorAll('.charts summary output')].length >= 2"
                    + " && [...document.querySelectorAll('.charts summary output')]"
                    + ".every(({ textContent }) => textContent.includes('step'))");
            assertThat(browser.value("document.getElementById('smoothing-value').textContent")
                            .asText())
                    .isEqualTo("4%");
            assertThat(browser.value("document.getElementById('whole-range').disabled")
                            .asBoolean())
                    .isFalse();
            assertThat(browser.value("new Promise(resolve => { URL.createObjectURL = blob => {"
                                    + " resolve(blob.text()); return 'data:,'; };"
                                    + " document.getElementById('all-csv').click(); })")
                            .asText())
                    .startsWith("Step,")
                    .contains("loss (train) " + third, "loss (train) " + second);
            assertThat(browser.value("import('/alignstream/chart.js').then(({ StepsChart }) => {"
                                    + " const chart = new StepsChart({ figure: String, text: String }, () => {}, () => {});"
                                    + " const box = document.querySelector('.charts figure'); box.append(chart.canvas);"
                                    + " return chart.show([{ name: 'a', points: [[1, 2], [2, 3]], faint: null, colour: 0 }],"
                                    + " { logarithmic: false, range: null }, 'a').then(() => chart.picture()); })")
                            .asText())
                    .startsWith("data:image/png;base64,");
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("stage-compared.png"), browser.picture());
        }
    }

    @Test
    void theRecordOfADeadLetterIsShown() throws IOException {
        // Given
        String id = UUID.randomUUID().toString();
        topics.publish(Topic.PROMPTS, new Prompt(id, List.of(Message.user("refuse")), Map.of()));
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/dead-letters").then().body("key", hasItem(id)));
        try (Chromium browser = Chromium.start()) {
            browser.open(address.resolve("/?language=en").toString());
            browser.await("document.querySelectorAll('#dead-letters button').length > 0");

            // When
            browser.click("#dead-letters button");
            browser.await("document.getElementById('letter-text').textContent.includes('" + id + "')");

            // Then
            assertThat(browser.value("document.getElementById('letter-text').textContent")
                            .asText())
                    .contains("\"role\": \"user\"");
            assertThat(browser.hindrances()).isEmpty();
        }
        given().get("/dead-letters/prompts/0/123456789").then().statusCode(404);
    }

    @Test
    void aDeadLetterIsTakenHomeAndReplayedOnceHoweverOftenOneClicks() throws IOException {
        // Given: a record of a topic that the service may write
        stage.stage = Stage.INFERENCE;
        String key = UUID.randomUUID().toString();
        topics.send(new ProducerRecord<>(
                Topic.PROMPTS.name(),
                key.getBytes(StandardCharsets.UTF_8),
                "<b>no prompt".getBytes(StandardCharsets.UTF_8)));
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/dead-letters").then().body("key", hasItem(key)));
        String path = given().get("/dead-letters")
                .jsonPath()
                .getString("find { it.key == '" + key + "' }.with { it.topic + '/' + it.partition + '/' + it.offset }");
        try (Chromium browser = Chromium.start()) {
            browser.open(address.resolve("/?language=en").toString());
            browser.await("[...document.querySelectorAll('#dead-letters tr')].some(row => row.textContent.includes('"
                    + key + "'))");

            // When
            browser.value("[...document.querySelectorAll('#dead-letters tr')].find(row => row.textContent.includes('"
                    + key + "')).querySelector('button').click()");
            browser.await("document.getElementById('letter-text').textContent.includes('<b>no prompt')");
            browser.value("(() => { const again = document.getElementById('letter-again');"
                    + " again.click(); again.click(); })()");
            browser.await("document.getElementById('letter-outcome').textContent.startsWith('1 published once more')");

            // Then
            given().post("/dead-letters/" + path + "/replay")
                    .then()
                    .statusCode(200)
                    .body("replayed", equalTo(0))
                    .body("superseded", equalTo(1));
            assertThat(topics.records(Topic.PROMPTS.name()))
                    .filteredOn(record ->
                            record.key() != null && key.equals(new String(record.key(), StandardCharsets.UTF_8)))
                    .hasSize(2);
            given().get("/dead-letters/" + path + "/value")
                    .then()
                    .header("Content-Disposition", containsString("attachment"))
                    .body(equalTo("<b>no prompt"));
            assertThat(browser.value("document.getElementById('replays').textContent")
                            .asText())
                    .contains("not only the newest", "./alignstream replay prompts");
            assertThat(browser.hindrances()).isEmpty();
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("letter-replayed.png"), browser.picture());
        } finally {
            stage.stage = Stage.SFT;
        }
    }

    @Test
    void aRecordOfARegistryIsReplayedByNobody() {
        // Given: what counts in a registry is the newest of all, so an old record at its end would be an old model
        String key = UUID.randomUUID().toString();
        topics.send(new ProducerRecord<>(
                Topic.CHECKPOINTS.name(),
                key.getBytes(StandardCharsets.UTF_8),
                "no checkpoint".getBytes(StandardCharsets.UTF_8)));
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/dead-letters").then().body("key", hasItem(key)));

        // When, then
        given().post("/dead-letters/checkpoints/replay")
                .then()
                .statusCode(409)
                .body("error.text", containsString("Nobody replays checkpoints"));
        assertThat(topics.records(Topic.CHECKPOINTS.name()))
                .filteredOn(record -> key.equals(new String(record.key(), StandardCharsets.UTF_8)))
                .hasSize(1);
    }

    @Test
    void whatTheServiceMayNotWriteIsReplayedByACommand() {
        // Given
        String id = UUID.randomUUID().toString();
        topics.publish(Topic.PROMPTS, new Prompt(id, List.of(Message.user("refuse")), Map.of()));
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/dead-letters").then().body("key", hasItem(id)));

        // When, then
        given().post("/dead-letters/prompts/replay")
                .then()
                .statusCode(409)
                .body("error.text", containsString("./alignstream replay prompts"));
        given().post("/dead-letters/not-followed/replay").then().statusCode(404);
    }

    @Test
    void aTriggerIsForeseen() {
        // Given
        ran();

        // When
        given().get("/job/trigger").then().statusCode(200);

        // Then
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/job/trigger")
                .then()
                .body("reason.code", equalTo("trigger.run"))
                .body("reason.arguments.job.code", equalTo("echo.prompts")));
    }

    @Test
    void scriptsAreCompressedAndKeptWhileTheyAreTheSame() {
        String tag = given().header("Accept-Encoding", "gzip")
                .header("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")
                .get("/alignstream/dashboard-view.js")
                .then()
                .statusCode(200)
                .header("Content-Encoding", equalTo("gzip"))
                .header("Cache-Control", equalTo("no-cache"))
                .header("Last-Modified", nullValue())
                .extract()
                .header("ETag");
        given().header("If-None-Match", tag)
                .get("/alignstream/dashboard-view.js")
                .then()
                .statusCode(304)
                .header("ETag", equalTo(tag));
        given().header("If-None-Match", tag)
                .get("/alignstream/dashboard.css")
                .then()
                .statusCode(200);
        given().get("/alignstream/missing.js").then().statusCode(404);
        given().header("Accept-Encoding", "gzip")
                .get("/alignstream/echarts-6.0.0.min.js")
                .then()
                .header("Content-Encoding", equalTo("gzip"))
                .header("Cache-Control", containsString("max-age=31536000"));
        given().header("Accept-Encoding", "gzip").get("/runs").then().header("Content-Encoding", equalTo("gzip"));
    }

    @Test
    void theChartLibraryComesWithTheFirstChart() {
        given().get("/").then().body(not(containsString("echarts")));
    }
}
