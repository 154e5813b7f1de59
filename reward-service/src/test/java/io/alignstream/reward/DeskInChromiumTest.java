package io.alignstream.reward;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What people do at the desk, in a real browser, up to the event on Kafka. On a broker of its own: what is ranked here must
 * not start a training elsewhere.
 */
@QuarkusTest
@QuarkusTestResource(
        value = KafkaBroker.class,
        initArgs = @ResourceArg(name = "fresh", value = "true"),
        restrictToAnnotatedClass = true)
class DeskInChromiumTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
    private static final Path PICTURES = Path.of("target", "pictures");

    @TestHTTPResource("/")
    @SuppressWarnings("NullAway.Init")
    URI service;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @SuppressWarnings("NullAway.Init")
    private Chromium browser;

    @SuppressWarnings("NullAway.Init")
    private TopicProbe topics;

    @BeforeEach
    void open() throws IOException {
        topics = new TopicProbe(broker);
        browser = Chromium.start();
        browser.show(1000, 900, false);
    }

    @AfterEach
    void close() throws IOException {
        topics.close();
        browser.close();
    }

    @Test
    void anOrderByKeysArrivesOnceHoweverOftenEnterIsPressed() {
        // Given
        String request = ask("keys", "first", "second", "third");
        signIn("key-presser", request);
        String best = text(2);

        // When: the last answer goes to the first place, the others are tied behind it
        browser.value("document.querySelectorAll('#answers li')[2].focus()");
        browser.press("ArrowUp", "ArrowUp", "Enter", "Enter", "Enter");

        // Then
        Ranking ranking = rankingBy("key-presser");
        assertThat(answers(ranking).getFirst()).isEqualTo(best);
        assertThat(ranking.requestId()).isEqualTo(request);
        assertThat(ranking.guidelineVersion()).isEqualTo("ranking-page-1");
    }

    @Test
    void anOrderByDraggingArrives() throws InterruptedException {
        // Given
        String request = ask("drag", "first", "second", "third");
        signIn("dragger", request);
        String dragged = text(2);

        // When
        browser.drag("#answers li:nth-child(3) .rank", "#answers li:nth-child(1) .rank");
        browser.await("document.querySelector('#answers li .text').innerText === '" + dragged + "'");
        browser.click("#send");

        // Then
        assertThat(answers(rankingBy("dragger")).getFirst()).isEqualTo(dragged);
    }

    @Test
    void whatIsDroppedFromElsewhereOrdersNothing() {
        // Given
        String request = ask("drop", "first", "second", "third");
        signIn("dropper", request);
        String last = text(2);

        // When: a file, and a number that was selected
        browser.value("{ const files = new DataTransfer(); files.items.add(new File(['x'], 'x.txt'));"
                + "const digit = new DataTransfer(); digit.setData('text/plain', '2');"
                + "for (const dataTransfer of [files, digit]) { document.querySelector('#answers li:nth-child(3)')"
                + ".dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })); } } 0");

        // Then
        assertThat(text(2)).isEqualTo(last);
        assertThat(browser.value("document.querySelector('#send').disabled").asBoolean())
                .isTrue();
    }

    @Test
    void whoOnlyReadsKeepsTheQuestion() {
        // Given
        String request = ask("reads", "first", "second");
        signIn("slow-reader", request);

        // When: half an hour goes by
        browser.value("{ const now = Date.now; Date.now = () => now() + 30 * 60 * 1000; } 0");

        // Then
        await().atMost(PATIENCE)
                .until(() -> given().get("/ranking-requests/next?annotator=slow-reader")
                                .path("draft")
                        != null);
    }

    @Test
    void whoseQuestionOthersHaveAnsweredIsToldSo() {
        // Given
        String request = ask("taken", "first", "second");
        signIn("late", request);
        topics.publish(
                Topic.RANKINGS,
                new Ranking(request, "earlier", List.of(List.of(0), List.of(1)), List.of(), List.of(), "v1"));
        await().atMost(PATIENCE)
                .until(() -> given().contentType(ContentType.JSON)
                                .body(Map.of(
                                        "requestId", request, "annotator", "later", "order", List.of(List.of(0, 1))))
                                .post("/rankings")
                                .statusCode()
                        == 409);

        // When
        browser.value("document.querySelectorAll('#answers li')[1].focus()");
        browser.press("ArrowUp");

        // Then
        browser.await("document.querySelector('#note.problem')?.textContent.includes('other people')");
    }

    @Test
    void anUntouchedOrderIsNotSent() {
        // Given
        String request = ask("untouched", "first", "second");
        signIn("hasty", request);

        // When
        browser.press("Enter");

        // Then
        browser.await("document.querySelector('#note').classList.contains('problem')");
        assertThat(topics.events(Topic.RANKINGS))
                .noneMatch(ranking -> ranking.annotator().equals("hasty"));
    }

    @Test
    void whatIsUnfinishedIsThereAfterTheBrowserIsClosed() throws IOException {
        // Given
        String request = ask("draft", "first", "second", "third");
        signIn("drafter-2", request);
        String best = text(2);
        browser.value("document.querySelectorAll('#answers li')[2].focus()");
        browser.press("ArrowUp", "ArrowUp");
        await().atMost(PATIENCE)
                .until(() -> given().get("/ranking-requests/next?annotator=drafter-2")
                                .path("draft")
                        != null);
        browser.close();

        // When
        browser = Chromium.start();
        signIn("drafter-2", request);

        // Then
        assertThat(text(0)).isEqualTo(best);
    }

    @Test
    void whoCannotJudgeSaysWhyAndKafkaKnowsIt() {
        // Given
        String request = ask("pass", "first", "second");
        signIn("unsure-2", request);

        // When
        browser.press("x");
        browser.await("document.querySelector('#pass-dialog').open");
        browser.value("document.querySelector('#pass-cause').value = 'knowledge'");
        browser.click("#pass-form button.primary");

        // Then
        assertThat(rankingBy("unsure-2").abstention())
                .isEqualTo(new Ranking.Abstention(Ranking.Abstention.Cause.KNOWLEDGE, ""));
    }

    @Test
    void whoCouldNotJudgeCanJudgeAfterAll() {
        // Given
        String request = ask("second-thoughts", "first", "second");
        signIn("hesitant-2", request);
        browser.press("x");
        browser.await("document.querySelector('#pass-dialog').open");
        browser.click("#pass-form button.primary");
        browser.await("!document.querySelector('#back').hidden");

        // When
        browser.press("b");
        browser.await("!document.querySelector('#task').hidden"
                + " && document.querySelector('#answers').dataset.request === '" + request + "'");
        browser.press("=", "Enter");

        // Then
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.RANKINGS).stream()
                        .filter(ranking -> ranking.annotator().equals("hesitant-2"))
                        .toList())
                .hasSize(2)
                .last()
                .satisfies(ranking -> {
                    assertThat(ranking.abstention()).isNull();
                    assertThat(ranking.order()).containsExactly(List.of(0, 1));
                }));
    }

    @Test
    void whatAModelWritesNeverBecomesMarkup() {
        // Given
        String request = ask("markup", "<img src=x onerror=alert(1)> **bold**", "[link](javascript:alert(1))");

        // When
        signIn("reader", request);

        // Then
        assertThat(browser.value("document.querySelectorAll('#answers img, #answers a').length")
                        .asInt())
                .isZero();
        assertThat(browser.value("document.querySelector('#answers strong').innerText")
                        .asText())
                .isEqualTo("bold");
    }

    @Test
    void aListInAnAnswerReadsAsAListAndNotAsAnswers() {
        // Given
        String request = ask("list", "Two ways:\n\n- walk along the old city wall\n- take a boat", "None.");

        // When
        signIn("list-reader", request);

        // Then
        assertThat(browser.value("getComputedStyle(document.querySelector('#answers .text li')).display")
                        .asText())
                .isEqualTo("list-item");
        assertThat(browser.value("document.querySelector('#answers .text li').offsetWidth"
                                + " > document.querySelector('#answers .text ul').offsetWidth / 2")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void whoCorrectsARankingCannotSayThatItCannotBeJudged() {
        // Given
        String request = ask("correct", "first", "second");
        signIn("corrector", request);
        browser.press("=", "Enter");
        rankingBy("corrector");
        browser.await("!document.querySelector('#back').hidden");
        browser.press("b");
        browser.await("document.querySelector('#pass').hidden && !document.querySelector('#task').hidden");

        // When
        browser.press("x");

        // Then
        assertThat(browser.value("document.querySelector('#pass-dialog').open").asBoolean())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"/rank, 1000, false", "/rank, 390, true", "/rank/review, 1000, true", "/rank/review, 390, false"})
    void nobodyIsShutOut(String page, int width, boolean dark) throws IOException {
        // Given: an overlap of 1 makes recorded opinions the way to two
        String request =
                ask("axe" + page + width, "# Long\n\n" + "A long answer with `code`. ".repeat(12), "A short one.");
        topics.publish(
                Topic.RANKINGS,
                new Ranking(
                        ask("axe-2" + page + width, "a", "b"),
                        "one",
                        List.of(List.of(0), List.of(1)),
                        List.of(),
                        List.of(),
                        "v1"));
        topics.publish(
                Topic.RANKINGS,
                new Ranking(
                        "chromium-axe-2" + page + width,
                        "two",
                        List.of(List.of(1), List.of(0)),
                        List.of(2.0, 4.0),
                        List.of("", "clear"),
                        "v1"));
        await().atMost(PATIENCE)
                .until(
                        () -> given().get("/rankings/review")
                                .path("disagreements.size()")
                                .equals(0),
                        zero -> !zero);
        browser.show(width, 900, dark);
        if (page.equals("/rank")) {
            signIn("reader-" + width, request);
            browser.value("document.querySelector('#guideline').open = true");
        } else {
            browser.open(service.resolve(page).toString());
            browser.await("document.querySelector('.disagreement') !== null");
        }

        // When
        JsonNode violations = violations();

        // Then
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(page.substring(1).replace('/', '-') + "-" + width + ".png"), browser.picture());
        assertThat(violations)
                .filteredOn(violation -> List.of("serious", "critical")
                        .contains(violation.path("impact").asText()))
                .isEmpty();
        assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(width);
    }

    private JsonNode violations() throws IOException {
        try (InputStream axe = Objects.requireNonNull(getClass().getResourceAsStream(AXE), AXE)) {
            browser.value(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + ";0");
        }
        return browser.value("axe.run().then(result => result.violations.map(({ id, impact, nodes }) =>"
                + " ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary) })))");
    }

    /** Opens the page under a name; it shows {@code request}, which is the newest of those that nobody has. */
    private void signIn(String annotator, String request) {
        browser.open(service.resolve("/rank?language=en").toString());
        browser.await("document.activeElement?.id === 'annotator'");
        browser.type(annotator);
        browser.press("Enter");
        browser.await("document.querySelector('#answers')?.dataset.request === '" + request + "'");
    }

    private String text(int place) {
        return browser.value("document.querySelectorAll('#answers li .text')[" + place + "].innerText")
                .asText();
    }

    private String ask(String id, String... answers) {
        String request = "chromium-" + id;
        topics.publish(
                Topic.RANKING_REQUESTS,
                new RankingRequest(
                        request,
                        List.of(Message.user("Which **one**?")),
                        List.of(answers),
                        null,
                        Map.of("topic", "test")));
        // Of another size than any: refused with a reason that depends on whether the request is known.
        await().atMost(PATIENCE).until(() -> given().contentType(ContentType.JSON)
                .body(Map.of("requestId", request, "annotator", "probe", "order", List.of(List.of(0, 1, 2, 3))))
                .post("/rankings")
                .path("error.code")
                .equals("poison.otherAnswers"));
        return request;
    }

    private Ranking rankingBy(String annotator) {
        await().atMost(PATIENCE).until(() -> topics.events(Topic.RANKINGS).stream()
                .anyMatch(ranking -> ranking.annotator().equals(annotator)));
        List<Ranking> rankings = topics.events(Topic.RANKINGS).stream()
                .filter(ranking -> ranking.annotator().equals(annotator))
                .toList();
        assertThat(rankings).hasSize(1);
        return rankings.getFirst();
    }

    private List<String> answers(Ranking ranking) {
        RankingRequest request = topics.events(Topic.RANKING_REQUESTS).stream()
                .filter(one -> one.requestId().equals(ranking.requestId()))
                .findFirst()
                .orElseThrow();
        return ranking.order().stream()
                .flatMap(List::stream)
                .map(request.answers()::get)
                .toList();
    }
}
