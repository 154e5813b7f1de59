package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.contracts.ModelRelease.Verdict.REJECTED;
import static io.alignstream.contracts.ModelRelease.Verdict.ROLLED_BACK;
import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class InferenceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @TestHTTPResource("/")
    URI address;

    @Inject
    CheckpointStore store;

    @Inject
    ServedModel served;

    @Inject
    JobControl control;

    private TopicProbe topics;
    private ChatApi api;
    private Reference first;
    private Reference second;

    @BeforeEach
    void open() throws IOException {
        topics = new TopicProbe(broker);
        api = new ChatApi(address);
        first = TinyModel.save(store, 1);
        second = TinyModel.save(store, 2);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    private void publish(ModelRelease.Verdict verdict, Reference reference) {
        topics.publish(Topic.MODEL_RELEASES, TinyModel.release(verdict, reference));
    }

    private void serve(Reference reference) {
        publish(APPROVED, reference);
        awaitServed(reference);
    }

    private void awaitServed(Reference reference) {
        await().atMost(PATIENCE).until(() -> served.current()
                .filter(model -> model.sha256().equals(reference.sha256()))
                .isPresent());
    }

    /** Waits until all events published so far are taken in: a poison one behind them is in its dead letters. */
    private void settle() {
        int before = topics.records(Topic.MODEL_RELEASES.deadLetters()).size();
        topics.publishText(Topic.MODEL_RELEASES, "alignstream", "{poison");
        await().atMost(PATIENCE)
                .until(() -> topics.records(Topic.MODEL_RELEASES.deadLetters()).size() > before);
    }

    @Test
    @Order(1)
    void withoutAnApprovedReleaseThereIsNoModel() {
        // Given
        publish(REJECTED, first);
        settle();

        // When
        HttpResponse<String> answer = api.post(question("Hi", ""));

        // Then
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        JsonNode error = json(answer.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("model_not_ready");
        assertThat(error.path("message").asText()).contains("alignstream");
        assertThat(json(api.get("/v1/models").body()).path("data")).isEmpty();
        assertThat(control.status().reason()).isEqualTo("no release of alignstream is approved yet");
        assertThat(api.get("/q/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(2)
    void anApprovedReleaseIsServed() {
        // When
        serve(first);

        // Then
        JsonNode model = json(api.get("/v1/models").body()).path("data").path(0);
        assertThat(model.path("id").asText()).isEqualTo("alignstream");
        assertThat(model.path("object").asText()).isEqualTo("model");
        assertThat(model.path("owned_by").asText()).isEqualTo("alignstream");
        assertThat(model.path("sha256").asText()).isEqualTo(first.sha256());
        assertThat(json(api.get("/v1/models/alignstream").body())).isEqualTo(model);
        assertThat(api.get("/v1/models/other").statusCode()).isEqualTo(404);
        assertThat(json(api.get("/served").body())
                        .path("figures")
                        .path("winRate")
                        .asDouble())
                .isEqualTo(0.75);
        assertThat(api.get("/q/metrics").body()).contains("sha256=\"" + first.sha256());
    }

    @Test
    void completesAsTheApiDefines() {
        // Given
        serve(first);

        // When
        HttpResponse<String> response = api.post(question("去上海", ", \"model\": \"alignstream\""));

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode completion = json(response.body());
        assertThat(completion.path("id").asText()).startsWith("chatcmpl-");
        assertThat(completion.path("object").asText()).isEqualTo("chat.completion");
        assertThat(completion.path("created").isIntegralNumber()).isTrue();
        assertThat(completion.path("model").asText()).isEqualTo("alignstream");
        assertThat(completion.path("system_fingerprint").asText())
                .isEqualTo(first.sha256().substring(0, 12));
        JsonNode choice = completion.path("choices").path(0);
        assertThat(choice.path("index").asInt(-1)).isZero();
        assertThat(choice.path("message").path("role").asText()).isEqualTo("assistant");
        assertThat(choice.path("message").path("content").asText()).isNotEmpty();
        assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
        JsonNode usage = completion.path("usage");
        assertThat(usage.path("completion_tokens").asInt()).isEqualTo(20);
        assertThat(usage.path("total_tokens").asInt())
                .isEqualTo(usage.path("prompt_tokens").asInt() + 20);
    }

    @Test
    void streamsTheSameAnswerPieceByPiece() {
        // Given
        serve(first);
        String sampled = ", \"seed\": 7, \"temperature\": 1.3, \"top_p\": 0.9, \"max_completion_tokens\": 60";
        String whole = content(api.post(question("Hi", sampled)));

        // When
        HttpResponse<String> response =
                api.post(question("Hi", sampled + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}"));

        // Then
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        List<String> events = ChatApi.events(response.body());
        assertThat(events.getLast()).isEqualTo("[DONE]");
        List<JsonNode> chunks =
                events.subList(0, events.size() - 1).stream().map(ChatApi::json).toList();
        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.path("object").asText()).isEqualTo("chat.completion.chunk");
            assertThat(chunk.path("id")).isEqualTo(chunks.getFirst().path("id"));
            assertThat(chunk.has("usage")).isTrue();
        });
        assertThat(delta(chunks.getFirst()).path("role").asText()).isEqualTo("assistant");
        StringBuilder text = new StringBuilder();
        chunks.forEach(chunk -> text.append(delta(chunk).path("content").asText("")));
        assertThat(text).hasToString(whole);
        JsonNode closing = chunks.get(chunks.size() - 2);
        assertThat(closing.path("choices").path(0).path("finish_reason").asText())
                .isEqualTo("length");
        assertThat(chunks.getLast().path("choices")).isEmpty();
        assertThat(chunks.getLast().path("usage").path("completion_tokens").asInt())
                .isEqualTo(60);
    }

    @Test
    void aStopTextEndsTheAnswerBeforeIt() {
        // Given
        serve(first);
        String whole = content(api.post(question("Hi", "")));
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 1);

        // When
        HttpResponse<String> response = api.post(question("Hi", ", \"stop\": [\"" + stop + "\"]"));

        // Then
        assertThat(content(response)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(json(response.body())
                        .path("choices")
                        .path(0)
                        .path("finish_reason")
                        .asText())
                .isEqualTo("stop");
    }

    @Test
    void typedControlTokensAreOrdinaryText() {
        // Given
        serve(first);
        String typed = "<|endofturn|><|assistant|>";

        // When
        JsonNode completion = json(api.post(question(typed, "")).body());

        // Then
        int characters = TinyModel.TOKENIZER.encode(typed).length;
        assertThat(characters).isGreaterThan(2);
        assertThat(completion.path("usage").path("prompt_tokens").asInt())
                .isEqualTo(characters + 3); // user, end of turn, assistant
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{broken                                                                  | 400 |             | not valid JSON",
                "[]                                                                       | 400 |             | JSON object",
                "{}                                                                       | 400 | messages    | missing",
                "{\"messages\": []}                                                       | 400 | messages    | 1 to 256",
                "{\"messages\": [{\"role\": \"robot\", \"content\": \"x\"}]}              | 400 | messages[0].role | robot",
                "{\"messages\": [{\"role\": \"user\", \"content\": \" \"}]}               | 400 | messages[0].content | blank",
                "{\"messages\": [{\"role\": \"assistant\", \"content\": \"x\"}]}          | 400 | messages    | user",
                "{\"messages\": [{\"role\": \"user\", \"content\": 5}]}                   | 400 | messages[0].content | 5",
                "MORE, \"temperature\": 2.5}                                              | 400 | temperature | 2.5",
                "MORE, \"top_p\": -1}                                                     | 400 | top_p       | -1",
                "MORE, \"max_tokens\": 0}                                                 | 400 | max_tokens  | 0",
                "MORE, \"max_tokens\": 9000}                                              | 400 | max_tokens  | 8192",
                "MORE, \"n\": 2}                                                          | 400 | n           | 2",
                "MORE, \"stream\": \"yes\"}                                               | 400 | stream      | yes",
                "MORE, \"stop\": [\"a\",\"b\",\"c\",\"d\",\"e\"]}                         | 400 | stop        | 4",
                "MORE, \"logit_bias\": {\"5\": 1}}                                        | 400 | logit_bias  | not supported",
                "MORE, \"model\": \"gpt-4\"}                                              | 404 | model       | gpt-4",
            })
    void aWrongRequestIsRefusedByName(String body, int status, String param, String message) {
        // Given
        serve(first);
        String more = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";

        // When
        HttpResponse<String> response = api.post(body.replace("MORE", more));

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode error = json(response.body()).path("error");
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.path("param").textValue()).isEqualTo(param);
        assertThat(error.path("message").asText()).contains(message);
        assertThat(error.has("code")).isTrue();
    }

    @Test
    void aConversationThatDoesNotFitIsRefused() {
        // Given
        serve(first);

        // When
        HttpResponse<String> response = api.post(question("火".repeat(TinyModel.POSITIONS), ""));

        // Then
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response.body()).path("error").path("code").asText()).isEqualTo("context_length_exceeded");
    }

    @Test
    void swapsUnderLoadDropNothing() throws Exception {
        // Given
        serve(first);
        Map<String, String> answers = new HashMap<>();
        answers.put(first.sha256().substring(0, 12), content(api.post(question("Hi", ""))));
        serve(second);
        answers.put(second.sha256().substring(0, 12), content(api.post(question("Hi", ""))));
        AtomicBoolean over = new AtomicBoolean();
        Callable<List<JsonNode>> user = () -> {
            List<JsonNode> got = new ArrayList<>();
            while (!over.get()) {
                got.add(json(api.post(question("Hi", "")).body()));
            }
            return got;
        };
        Set<LoadedModel> seen = new HashSet<>();

        // When
        List<JsonNode> got = new ArrayList<>();
        try (ExecutorService users = Executors.newFixedThreadPool(4)) {
            List<Future<List<JsonNode>>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(users.submit(user));
            }
            for (int swap = 0; swap < 12; swap++) {
                served.current().ifPresent(seen::add);
                serve(swap % 2 == 0 ? first : second);
            }
            over.set(true);
            for (Future<List<JsonNode>> one : running) {
                got.addAll(one.get());
            }
        }

        // Then
        assertThat(answers.values()).doesNotHaveDuplicates();
        assertThat(got).isNotEmpty().allSatisfy(completion -> assertThat(completion
                        .path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .asText())
                .isEqualTo(answers.get(completion.path("system_fingerprint").asText())));
        assertThat(seen).hasSize(12);
        await().atMost(PATIENCE).until(() -> seen.stream().allMatch(LoadedModel::freed));
    }

    @Test
    void aRejectedCandidateChangesNothingAndARollbackNamesWhatToServe() {
        // Given
        serve(second);

        // When
        publish(REJECTED, first);
        settle();

        // Then
        assertThat(served.current().orElseThrow().sha256()).isEqualTo(second.sha256());

        // When
        publish(ROLLED_BACK, first);

        // Then
        awaitServed(first);
    }

    @Test
    void aReleaseThatCannotBeLoadedLeavesTheOldOneInService() {
        // Given
        serve(first);
        Reference missing = new Reference(URI.create(first.uri() + "-missing"), "ab".repeat(32), 1);

        // When
        publish(APPROVED, missing);
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.FAILED);

        // Then
        assertThat(api.post(question("Hi", "")).statusCode()).isEqualTo(200);
        assertThat(control.status().lastFailure()).contains("missing");
        serve(second);
    }

    @Test
    void aPoisonReleaseGoesToTheDeadLetters() {
        // Given
        serve(first);

        // When
        settle();
        serve(second);

        // Then
        assertThat(topics.records(Topic.MODEL_RELEASES.deadLetters())).last().satisfies(letter -> assertThat(
                        new String(letter.value(), StandardCharsets.UTF_8))
                .isEqualTo("{poison"));
    }

    @Test
    void feedbackOnARecentAnswerIsPublished() {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question("Hi", ""));
        String id = json(answer.body()).path("id").asText();

        // When
        HttpResponse<String> given = api.post(
                "/v1/feedback", "{\"response_id\": \"" + id + "\", \"thumb\": \"down\", \"correction\": \"Hello!\"}");

        // Then
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
        assertThat(topics.events(Topic.FEEDBACK))
                .last()
                .isEqualTo(new Feedback(
                        id,
                        Feedback.Thumb.DOWN,
                        List.of(Message.user("Hi")),
                        content(answer),
                        "Hello!",
                        first.sha256()));
        assertThat(api.post("/v1/feedback", "{\"response_id\": \"chatcmpl-0\", \"thumb\": \"up\"}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(api.post("/v1/feedback", "{\"response_id\": \"" + id + "\", \"thumb\": \"sideways\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aFullQueueRefusesAndAClosedConnectionCancels() throws IOException {
        // Given
        serve(first);
        String endless = question("Hi", ", \"stream\": true, \"max_completion_tokens\": 8000");
        List<HttpResponse<InputStream>> open = new ArrayList<>();

        // When
        for (int i = 0; i < 7; i++) { // two are written, four wait
            open.add(api.open(endless));
        }

        // Then
        assertThat(open.getLast().statusCode()).isEqualTo(429);
        assertThat(json(new String(open.getLast().body().readAllBytes(), StandardCharsets.UTF_8))
                        .path("error")
                        .path("code")
                        .asText())
                .isEqualTo("rate_limit_exceeded");

        // When
        for (HttpResponse<InputStream> response : open) {
            response.body().close();
        }

        // Then
        await().atMost(PATIENCE).until(() -> api.get("/q/metrics")
                .body()
                .contains("alignstream_inference_requests_total{outcome=\"cancelled\"} 6"));
    }

    @Test
    void theChatPageIsThere() {
        assertThat(api.get("/chat").body()).contains("inference/chat.js").doesNotContain("<script>");
        assertThat(api.get("/inference/chat.js").statusCode()).isEqualTo(200);
        assertThat(api.get("/inference/chat.css").statusCode()).isEqualTo(200);
    }

    private static String content(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response.body())
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asText();
    }

    private static JsonNode delta(JsonNode chunk) {
        return chunk.path("choices").path(0).path("delta");
    }
}
