package io.alignstream.reward;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.reward.desk.DistinctAnswers;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.alignstream.training.Lineage;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class RewardStageTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @Inject
    @SuppressWarnings("NullAway.Init")
    CheckpointStore store;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

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
    void everyPromptIsAskedOnceAndHeldOutOnesNever() throws IOException {
        // Given
        Checkpoint sft = TinySft.save(store, 1);
        TinySft.prompts(8).forEach(prompt -> topics.publish(Topic.PROMPTS, prompt));
        topics.publish(
                Topic.PROMPTS, new Prompt("held", List.of(Message.user("必去景点？")), Map.of("purpose", "held-out")));

        // When: it is announced, and once more
        topics.publish(Topic.CHECKPOINTS, sft);
        topics.publish(Topic.CHECKPOINTS, sft);

        // Then
        await().atMost(PATIENCE).until(() -> asked(sft).size() >= 8);
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/job").then().body("state", equalTo("waiting")));
        assertThat(asked(sft)).hasSize(8).allSatisfy(request -> {
            assertThat(request.answers()).hasSizeBetween(2, 4).doesNotContain("");
            assertThat(DistinctAnswers.of(request.answers()).count())
                    .isEqualTo(request.answers().size());
            assertThat(request.messages().getLast().content())
                    .startsWith("必去景点")
                    .doesNotContain("？");
        });
    }

    @Test
    void thePageAsksWhatAnAnnotatorHasNotRanked() {
        // Given
        publishRequest("known-3");

        // When
        Response next = given().get("/ranking-requests/next?annotator=new");

        // Then
        next.then()
                .statusCode(200)
                .body("requestId", notNullValue())
                .body("answers", hasSize(greaterThanOrEqualTo(2)))
                .body("remaining", greaterThanOrEqualTo(1));
    }

    @Test
    void aRankingOnThePageIsPublished() {
        // Given
        String known = publishRequest("known-4");

        // When
        Response ranked = rank(known, "ann", "[[1],[0]]", "[3,5]");

        // Then
        ranked.then().statusCode(201);
        assertThat(topics.events(Topic.RANKINGS))
                .filteredOn(ranking -> ranking.requestId().equals(known))
                .singleElement()
                .satisfies(ranking -> {
                    assertThat(ranking.annotator()).isEqualTo("ann");
                    assertThat(ranking.order()).isEqualTo(List.of(List.of(1), List.of(0)));
                    assertThat(ranking.guidelineVersion()).isEqualTo("ranking-page-1");
                });
    }

    @Test
    void theSameRankingTwiceIsPublishedOnceAndACorrectionIs() {
        // Given
        String known = publishRequest("known-6");
        rank(known, "ann", "[[1],[0]]", "[]");

        // When
        Response again = rank(known, "ann", "[[1],[0]]", "[]");
        Response changed = rank(known, "ann", "[[0],[1]]", "[]");
        Response corrected = given().contentType(ContentType.JSON)
                .body("{\"requestId\":\"" + known + "\",\"annotator\":\"ann\",\"order\":[[0,1]],\"correction\":true}")
                .post("/rankings");

        // Then
        again.then().statusCode(200);
        changed.then().statusCode(409).body("error.code", equalTo("refusal.rankedBefore"));
        corrected.then().statusCode(201);
        assertThat(topics.events(Topic.RANKINGS))
                .filteredOn(ranking -> ranking.requestId().equals(known))
                .extracting(Ranking::order)
                .containsExactly(List.of(List.of(1), List.of(0)), List.of(List.of(0, 1)));
    }

    @Test
    void whoCannotJudgeSaysWhy() {
        // Given
        publishRequest("known-7");
        String given = given().get("/ranking-requests/next?annotator=unsure").path("requestId");

        // When
        Response without = pass(given, "unsure", null);
        Response passed = pass(given, "unsure", "language");
        Response again = pass(given, "unsure", "other");

        // Then
        without.then().statusCode(400).body("error.code", equalTo("refusal.noReason"));
        passed.then().statusCode(201);
        again.then().statusCode(409).body("error.code", equalTo("refusal.notGiven"));
        assertThat(topics.events(Topic.RANKINGS))
                .filteredOn(ranking -> ranking.annotator().equals("unsure"))
                .extracting(Ranking::abstention)
                .containsExactly(new Ranking.Abstention(Ranking.Abstention.Cause.LANGUAGE, "as I said"));
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/ranking-requests/progress")
                .then()
                .body("abstentions.language", greaterThanOrEqualTo(1)));
    }

    @Test
    void aDraftComesBackWithItsRequest() {
        // Given
        publishRequest("known-8");
        String given = given().get("/ranking-requests/next?annotator=drafter").path("requestId");

        // When
        Response saved = given().contentType(ContentType.JSON)
                .body("{\"requestId\":\"" + given + "\",\"annotator\":\"drafter\",\"places\":[2,1],"
                        + "\"scores\":[\"\",\"5\"],\"reasons\":[\"\",\"clear\"]}")
                .post("/ranking-requests/draft");

        // Then
        saved.then().statusCode(204);
        given().get("/ranking-requests/next?annotator=drafter")
                .then()
                .body("requestId", equalTo(given))
                .body("draft.places", equalTo(List.of(2, 1)))
                .body("draft.reasons", equalTo(List.of("", "clear")));
        given().contentType(ContentType.JSON)
                .body("{\"requestId\":\"" + given + "\",\"annotator\":\"drafter\",\"places\":[3,1],"
                        + "\"scores\":[\"\",\"\"],\"reasons\":[\"\",\"\"]}")
                .post("/ranking-requests/draft")
                .then()
                .statusCode(400)
                .body("error.code", equalTo("invalid.place"));
    }

    @Test
    void aGuidelineIsInForceForWhoRanksAfterIt() {
        // Given
        String known = publishRequest("known-9");
        given().get("/guidelines/current").then().body("version", equalTo("ranking-page-1"));

        // When
        Response published = given().contentType(ContentType.JSON)
                .body(Map.of("author", "ann", "text", "# Be fair"))
                .post("/guidelines");

        // Then
        published.then().statusCode(201);
        String version = published.path("version");
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/guidelines/current").then().body("version", equalTo(version)));
        rank(known, "guided", "[[1],[0]]", "[]").then().statusCode(201);
        given().contentType(ContentType.JSON)
                .body("{\"requestId\":\"" + known + "\",\"annotator\":\"guided\",\"order\":[[0],[1]],"
                        + "\"guideline\":\"made-up\",\"correction\":true}")
                .post("/rankings")
                .then()
                .statusCode(409)
                .body("error.code", equalTo("refusal.unknownGuideline"));
        assertThat(topics.events(Topic.RANKINGS))
                .filteredOn(ranking -> ranking.annotator().equals("guided"))
                .extracting(Ranking::guidelineVersion)
                .containsExactly(version);
        topics.publishTombstone(Topic.GUIDELINES, version);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> given().get("/guidelines/current").then().body("version", equalTo("ranking-page-1")));
    }

    @Test
    void reviewersSeeHowWellPeopleJudgeGold() {
        // Given
        Response asked = given().contentType(ContentType.JSON)
                .body("{\"author\":\"ann\",\"messages\":[{\"role\":\"user\",\"content\":\"2 + 2?\"}],"
                        + "\"answers\":[\"5\",\"4\"],\"order\":[[1],[0]]}")
                .post("/ranking-requests/gold");
        asked.then().statusCode(201);
        String gold = asked.path("requestId");

        // When
        await().atMost(PATIENCE)
                .until(() -> rank(gold, "wrong", "[[0],[1]]", "[]").statusCode() == 201);
        rank(gold, "right", "[[1],[0]]", "[]").then().statusCode(201);

        // Then: its id is like any other
        assertThat(gold).hasSameSizeAs(AnswerSampling.requestId("any")).matches("answers-[0-9a-f]{32}");
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/rankings/review")
                .then()
                .body("annotators.find { it.name == 'right' }.accuracy", equalTo(1f))
                .body("annotators.find { it.name == 'wrong' }.accuracy", equalTo(0f)));
    }

    @Test
    void enoughRankingsBecomeARewardModel() throws IOException {
        // Given
        Checkpoint sft = TinySft.save(store, 2);
        TinySft.prompts(8).forEach(prompt -> topics.publish(Topic.PROMPTS, prompt));
        topics.publish(Topic.CHECKPOINTS, sft);
        await().atMost(PATIENCE).until(() -> asked(sft).size() == 8);

        // When
        asked(sft)
                .forEach(request -> topics.publish(
                        Topic.RANKINGS, ranking(request.requestId(), List.of(List.of(1), List.of(0), List.of(2, 3)))));

        // Then
        await().atMost(PATIENCE).until(() -> !rewardModels(sft).isEmpty());
        Checkpoint reward = rewardModels(sft).getFirst();
        assertThat(reward.datasets()).extracting("topic").containsExactly("ranking-requests", "rankings", "prompts");
        StoredCheckpoint stored = store.open(reward.reference());
        assertThat(stored.manifest().complete()).isTrue();
        assertThat(stored.manifest().hyperparameters())
                .containsEntry("depthShare", "0.5")
                .containsEntry("seed", "1");
        try (RewardModel model = RewardModel.load(stored.folder())) {
            int[] row = ChatTemplate.conversation(TinySft.TOKENIZER, List.of(Message.user("必去景点1")), "故宫")
                    .ids();
            assertThat(model.network().config().layers()).isEqualTo(1);
            assertThat(model.scores(List.of(row))[0]).isFinite();
        }
        assertThat(asked(sft)).hasSize(8);
        given().get("/ranking-requests/progress").then().body("rankings", greaterThanOrEqualTo(8));
        given().get("/ranking-requests/agreement").then().statusCode(200).body("requests", notNullValue());
        given().get("/").then().statusCode(200).body(containsString("/rank"));
    }

    @Test
    void aPersonPromotesARewardModelThatWasFoundWorse() {
        // Given
        Checkpoint.Promotion refused = new Checkpoint.Promotion(false, Reason.verbatim("worse than before"), null);
        Reference reference = new Reference(URI.create("file:///store/reward"), "ab".repeat(32), 1);
        topics.publish(
                Topic.CHECKPOINTS,
                new Checkpoint(Stage.REWARD, "worse", 1, reference, Map.of(), List.of(), Map.of()).with(refused));
        await().atMost(PATIENCE).until(() -> promote("worse", "Ann", " ").statusCode() == 400);

        // When
        Response promoted = promote("worse", "Ann", "the held-out rankings are old");

        // Then
        promoted.then().statusCode(201).body("promotion.by", equalTo("Ann"));
        promote("nobody-trained", "Ann", "why not").then().statusCode(404);
        await().atMost(PATIENCE).until(() -> promote("worse", "Ann", "again").statusCode() == 409);
        assertThat(topics.events(Topic.CHECKPOINTS))
                .filteredOn(checkpoint -> checkpoint.run().equals("worse"))
                .extracting(Checkpoint::promoted)
                .containsExactly(false, true);
    }

    private static Response promote(String run, String by, String reason) {
        return given().contentType(ContentType.JSON)
                .body(Map.of("by", by, "reason", reason))
                .post("/promotions/" + run);
    }

    @Test
    void refusesWhatIsNoRankingOfAKnownRequest() {
        // Given
        String known = publishRequest("known-1");

        // When, then
        rank(known, " ", "[[0],[1]]", "[]").then().statusCode(400).body("error.text", containsString("annotator"));
        rank(known, "a/b", "[[0],[1]]", "[]").then().statusCode(400);
        rank("nobody-asked", "ann", "[[0],[1]]", "[]")
                .then()
                .statusCode(409)
                .body("error.text", containsString("nobody asked"));
        rank(known, "ann", "[[0],[1],[2]]", "[]").then().statusCode(409).body("error.text", containsString("has 2"));
        rank(known, "ann", "[[0],[0]]", "[]").then().statusCode(400).body("error.text", containsString("exactly once"));
        rank(known, "ann", "[[0],[1]]", "[9,1]")
                .then()
                .statusCode(400)
                .body("error.text", containsString("outside 0 to 5"));
        given().contentType(ContentType.JSON)
                .body("{}")
                .post("/rankings")
                .then()
                .statusCode(400);
        given().get("/ranking-requests/next").then().statusCode(400);
        assertThat(topics.events(Topic.RANKINGS))
                .noneMatch(ranking -> ranking.requestId().equals(known));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/rankings | {'requestId':'q','annotator':'a','order':[null]}",
                "/rankings | {'requestId':'q','annotator':'a','order':[[null]]}",
                "/rankings | {'requestId':'q','annotator':'a','order':[[0],[1]],'scores':[null,1]}",
                "/rankings | {'requestId':'q','annotator':'a','order':[[0],[1]],'reasons':[null,'r']}",
                "/rankings | {'annotator':'a','order':[[0],[1]]}",
                "/ranking-requests/passed | {'annotator':'a','cause':'language'}",
                "/ranking-requests/passed | {'requestId':'q','cause':'language'}",
                "/ranking-requests/passed | {'requestId':'q','annotator':'a','cause':'none'}",
                "/ranking-requests/draft | {'requestId':'q','annotator':'a'}",
                "/ranking-requests/draft | {'requestId':'q','annotator':'a','places':[null,1],'scores':['',''],'reasons':['','']}",
                "/ranking-requests/draft | {'requestId':'q','annotator':'a','places':[1,2],'scores':[null,''],'reasons':['','']}",
                "/ranking-requests/draft | {'requestId':'q','annotator':'a','places':[1,2],'scores':['',''],'reasons':[null,'']}",
                "/guidelines | {'author':'a','text':' '}",
                "/guidelines | {'text':'t'}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','b'],'order':[null]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','b'],'order':[[null],[1]]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','b'],'order':[[0],[]]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','b'],'order':[]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','b'],'order':[[0,1]]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','a '],'order':[[0],[1]]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':[null,'b'],'order':[[0],[1]]}",
                "/ranking-requests/gold | {'author':'a','messages':[null],'answers':['a','b'],'order':[[0],[1]]}",
                "/ranking-requests/gold | {'author':'a','messages':[{}],'answers':['a','b'],'order':[[0],[1]]}",
                "/ranking-requests/gold | {'author':'a','messages':[M],'answers':['a','b'],'order':[[0],[1]],'tags':{'t':null}}"
            })
    void whatIsMissingInABodyIsTheSendersFault(String path, String body) {
        // When
        Response refused = given().contentType(ContentType.JSON)
                .body(body.replace('\'', '"').replace("M", "{\"role\":\"user\",\"content\":\"q\"}"))
                .post(path);

        // Then
        refused.then().statusCode(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/rankings | ~~ | refusal.noRanking",
                "/rankings | {'annotator' | refusal.body",
                "/rankings | [] | refusal.body",
                "/rankings | {'annotator':'a','order':'first'} | refusal.bodyField",
                "/ranking-requests/passed | {'requestId':'q','annotator':'a','cause':'none'} | refusal.bodyField",
                "/guidelines | {'author':['a']} | refusal.bodyField"
            })
    void whoSendsWhatCannotBeReadIsToldWhy(String path, String body, String code) {
        // When
        Response refused = given().contentType(ContentType.JSON)
                .body(body.replace('\'', '"'))
                .post(path);

        // Then
        refused.then().statusCode(400).body("error.code", equalTo(code));
    }

    @Test
    void rankingsOfUnknownRequestsOrOfAnotherSizeAreDeadLetters() {
        // Given
        String known = publishRequest("known-2");
        int before = topics.records(Topic.RANKINGS.deadLetters()).size();

        // When
        topics.publish(Topic.RANKINGS, ranking("unknown", List.of(List.of(0), List.of(1))));
        topics.publish(Topic.RANKINGS, ranking(known, List.of(List.of(0), List.of(1), List.of(2))));
        topics.publish(Topic.RANKINGS, ranking(known, List.of(List.of(0, 1))));

        // Then
        await().atMost(PATIENCE)
                .until(() -> topics.records(Topic.RANKINGS.deadLetters()).size() == before + 2);
        publishRequest("known-5");
        given().get("/ranking-requests/next?annotator=dead").then().statusCode(200);
    }

    @Test
    void aRankingCountsEvenIfItsRequestComesAfterItsDeadLetter() {
        // Given
        int letters = topics.records(Topic.RANKINGS.deadLetters()).size();
        topics.publish(Topic.RANKINGS, ranking("late", List.of(List.of(0), List.of(1))));
        await().atMost(PATIENCE)
                .until(() -> topics.records(Topic.RANKINGS.deadLetters()).size() > letters);
        int before = given().get("/ranking-requests/progress").path("rankings");

        // When
        publishRequest("late");

        // Then
        given().get("/ranking-requests/progress").then().body("rankings", greaterThanOrEqualTo(before + 1));
    }

    @Test
    void thePageSpeaksTheVisitorsLanguage() {
        // When
        Response page = given().header("Accept-Language", "zh-CN").get("/rank");

        // Then
        page.then()
                .statusCode(200)
                .body(containsString("id=\"answers\""))
                .body(containsString("<html lang=\"zh\">"))
                .body(containsString("给回答排序"));
        given().get("/reward/rank-view.js").then().statusCode(200);
        given().get("/reward/rank-model.js").then().statusCode(200);
        given().get("/reward/rank.css").then().statusCode(200);
    }

    private String publishRequest(String id) {
        topics.publish(
                Topic.RANKING_REQUESTS,
                new RankingRequest(id, List.of(Message.user("q")), List.of("a", "b"), null, Map.of()));
        await().atMost(PATIENCE).until(() -> rank(id, "ann", "[[0],[1],[2]]", "[]")
                .path("error")
                .toString()
                .contains("has 2"));
        return id;
    }

    private static Ranking ranking(String requestId, List<List<Integer>> order) {
        return new Ranking(requestId, "eve", order, List.of(), List.of(), "test");
    }

    private static Response rank(String requestId, String annotator, String order, String scores) {
        return given().contentType(ContentType.JSON)
                .body("{\"requestId\":\"" + requestId + "\",\"annotator\":\"" + annotator + "\",\"order\":" + order
                        + ",\"scores\":" + scores + ",\"reasons\":[]}")
                .post("/rankings");
    }

    private static Response pass(String requestId, String annotator, @Nullable String cause) {
        return given().contentType(ContentType.JSON)
                .body("{\"requestId\":\"" + requestId + "\",\"annotator\":\"" + annotator + "\",\"note\":\"as I said\""
                        + (cause == null ? "}" : ",\"cause\":\"" + cause + "\"}"))
                .post("/ranking-requests/passed");
    }

    private List<RankingRequest> asked(Checkpoint sft) {
        return topics.events(Topic.RANKING_REQUESTS).stream()
                .filter(request -> sft.reference().equals(request.model()))
                .toList();
    }

    private List<Checkpoint> rewardModels(Checkpoint sft) {
        return topics.events(Topic.CHECKPOINTS).stream()
                .filter(checkpoint -> checkpoint.stage() == Stage.REWARD)
                .filter(checkpoint ->
                        sft.reference().equals(checkpoint.parents().get(Lineage.SFT)))
                .toList();
    }
}
