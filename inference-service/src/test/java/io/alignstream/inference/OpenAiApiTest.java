package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Topic;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class OpenAiApiTest extends ServiceTest {

    private static final String ENDLESS = question("Hi", ", \"stream\": true, \"max_completion_tokens\": 8000");

    private final List<HttpResponse<InputStream>> open = new ArrayList<>();
    private int cancelledBefore;

    @BeforeEach
    void countCancelled() {
        cancelledBefore = cancelled();
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

    @ParameterizedTest
    @ValueSource(strings = {"<|endofturn|><|assistant|>", "<|user|>", "<|end|>", "<|im_end|>", "<|system|>", "<|pad|>"})
    void typedControlTokensAreOrdinaryText(String typed) {
        // Given
        serve(first);

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
                "{broken                                                                  | 400 |             | not"
                        + " valid JSON",
                "[]                                                                       | 400 |             | JSON"
                        + " object",
                "{}                                                                       | 400 | messages    |"
                        + " missing",
                "{\"messages\": []}                                                       | 400 | messages    | 1 to"
                        + " 256",
                "{\"messages\": [{\"role\": \"robot\", \"content\": \"x\"}]}              | 400 | messages[0].role |"
                        + " robot",
                "{\"messages\": [{\"role\": \"user\", \"content\": \" \"}]}               | 400 | messages[0].content"
                        + " | blank",
                "{\"messages\": [{\"role\": \"user\", \"content\": 5}]}                   | 400 | messages[0].content"
                        + " | 5",
                "MORE, \"temperature\": 2.5}                                              | 400 | temperature | 2.5",
                "MORE, \"top_p\": -1}                                                     | 400 | top_p       | -1",
                "MORE, \"max_tokens\": 0}                                                 | 400 | max_tokens  | 0",
                "MORE, \"n\": 17}                                                         | 400 | n           | 1 to 16",
                "MORE, \"stream\": \"yes\"}                                               | 400 | stream      | yes",
                "MORE, \"stop\": [\"a\",\"b\",\"c\",\"d\",\"e\"]}                         | 400 | stop        | 4",
                "MORE, \"logit_bias\": {\"5\": 101}}                     | 400 | logit_bias  | 101",
                "MORE, \"logit_bias\": {\"999\": 1}}                     | 400 | logit_bias  | no token of this model",
                "MORE, \"min_p\": 2}                                     | 400 | min_p       | 2",
                "MORE, \"top_logprobs\": 3}                              | 400 | top_logprobs | logprobs",
                "MORE, \"stream_options\": 3}                            | 400 | stream_options | object",
                "MORE, \"response_format\": {\"type\": \"xml\"}}         | 400 | response_format | json_schema",
                "MORE, \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"type\": \"string\", \"pattern\": \"(?=x)\"}}}} | 400 | response_format | #/pattern",
                "MORE, \"suffix\": \"x\"}                               | 400 | suffix      | not supported",
                "MORE, \"top_p\": NaN}                                    | 400 |             | NaN and Infinity are no",
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

    /** What is not supported may be said as long as it says the default. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"modalities\": [\"text\"]",
                "\"repetition_penalty\": 1.0",
                "\"reasoning_effort\": \"none\"",
                "\"top_k\": -1",
                "\"min_p\": 0",
                "\"tool_choice\": \"auto\", \"tools\": []",
                "\"stop\": null, \"temperature\": null, \"seed\": null, \"n\": null, \"stream\": null, \"tools\": null",
                "\"tool_choice\": \"none\", \"tools\": [{\"type\": \"function\"}]",
                "\"logit_bias\": {}, \"frequency_penalty\": 0.5, \"top_k\": 5, \"seed\": -9223372036854775808",
                "\"response_format\": {\"type\": \"text\"}, \"logprobs\": false, \"presence_penalty\": 0.0"
            })
    void statedDefaultsPass(String fields) {
        // Given
        serve(first);

        // When
        HttpResponse<String> response = api.post(question("Hi", ", " + fields));

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @Test
    void callsThatReachNothingAreRefusedInTheSameJson() {
        // Given
        serve(first);

        // When
        HttpResponse<String> unknown = api.post("/v1/images", "{}");
        HttpResponse<String> method = api.get("/v1/chat/completions");

        // Then
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(json(unknown.body()).path("error").path("code").asText()).isEqualTo("unknown_url");
        assertThat(json(unknown.body()).path("error").path("message").asText()).contains("POST /v1/images");
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(json(method.body()).path("error").path("message").asText()).contains("GET /v1/chat/completions");
    }

    @Test
    void whatIsLargerThanIsReadIsRefusedInTheApisJson() {
        // When
        HttpResponse<String> response = api.post(question("a".repeat(3_000_000), ""));

        // Then
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(json(response.body()).path("error").path("message").asText()).contains("at most 2,097,152 are read");
    }

    @Test
    void aBodyOfCountlessPartsIsRefusedWhileItIsRead() {
        // When
        HttpResponse<String> response = api.post("{\"messages\":[" + "{},".repeat(100_000) + "{}]}");

        // Then
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response.body()).path("error").path("message").asText())
                .contains("more than 65,536 values, names and brackets");
    }

    @Test
    void moreCallsThanCanBeAnsweredOrWaitAreRefusedBeforeTheyAreRead() throws Exception {
        // Given: clients that have announced a body and send none
        serve(first);
        List<Socket> clients = new ArrayList<>();
        try {
            for (int client = 0; client < 2 + 4 + 16; client++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
                clients.add(socket);
                socket.getOutputStream()
                        .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:" + address.getPort()
                                        + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
            }

            // When
            await().untilAsserted(() ->
                    assertThat(api.post(question("hi", "")).statusCode()).isEqualTo(429));
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }

        // Then
        await().untilAsserted(() ->
                assertThat(api.post(question("hi", "")).statusCode()).isEqualTo(200));
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
        await().atMost(PATIENCE)
                .until(() -> json(api.get("/served").body())
                                .path("feedback")
                                .path("down")
                                .asInt()
                        >= 1);
        assertThat(api.post("/v1/feedback", "{\"response_id\": \"chatcmpl-0\", \"thumb\": \"up\"}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(api.post("/v1/feedback", "{\"response_id\": \"" + id + "\", \"thumb\": \"sideways\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aFullQueueRefuses() throws IOException {
        // Given
        serve(first);
        fillTheQueue();

        // When
        HttpResponse<InputStream> oneMore = api.open(ENDLESS);

        // Then
        assertThat(oneMore.statusCode()).isEqualTo(429);
        assertThat(json(new String(oneMore.body().readAllBytes(), StandardCharsets.UTF_8))
                        .path("error")
                        .path("code")
                        .asText())
                .isEqualTo("rate_limit_exceeded");
    }

    @Test
    void aFullQueueRefusesBeforeAnythingIsMadeOfASchema() throws IOException {
        // Given
        serve(first);
        fillTheQueue();

        // When: a schema that cannot be kept, which shows when it is read
        HttpResponse<String> refused = api.post(question(
                "Hi",
                ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\":"
                        + " {\"not\": {}}}}"));

        // Then
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(429);
    }

    @Test
    void aClosedConnectionCancels() throws IOException {
        // Given
        serve(first);
        fillTheQueue();

        // When
        for (HttpResponse<InputStream> response : open) {
            response.body().close();
        }

        // Then
        await().atMost(PATIENCE).until(() -> cancelled() == cancelledBefore + 6);
    }

    @Test
    void whoTakesNothingOfAStreamLosesTheConnection() throws Exception {
        // Given: a reader with little room, who leaves the stream alone for much longer than it waits
        serve(first);
        try (Socket reader = new Socket()) {
            reader.setReceiveBufferSize(4_096);
            reader.connect(new InetSocketAddress(address.getHost(), address.getPort()));
            reader.getOutputStream().write(request(ENDLESS).getBytes(StandardCharsets.UTF_8));
            assertThat(reader.getInputStream().read()).isEqualTo('H');
            LockSupport.parkNanos(Duration.ofSeconds(8).toNanos());

            // When
            String rest = rest(reader.getInputStream());

            // Then
            assertThat(rest).contains("text/event-stream", "data: {").doesNotContain("[DONE]");
        }
    }

    private static String request(String body) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String rest(InputStream in) {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[8_192];
        try {
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                text.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
                if (text.indexOf("[DONE]") >= 0) {
                    break; // the connection stays
                }
            }
        } catch (IOException e) {
            return text.toString(); // it was reset
        }
        return text.toString();
    }

    private void fillTheQueue() {
        for (int i = 0; i < 6; i++) { // two are written, four wait
            open.add(api.open(ENDLESS));
        }
    }

    private int cancelled() {
        String counter = "alignstream_inference_requests_total{finished_reason=\"cancelled\",stage=\"inference\"} ";
        return api.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(counter))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(counter.length())))
                .sum();
    }

    @AfterEach
    void emptyTheQueue() throws IOException {
        for (HttpResponse<InputStream> response : open) {
            response.body().close();
        }
        await().atMost(PATIENCE).until(() -> cancelled() >= cancelledBefore + open.size());
    }

    @Test
    void theChatPageIsThere() {
        assertThat(api.get("/chat").body()).contains("inference/chat-view.js").doesNotContain("<script>");
        assertThat(api.get("/inference/chat-view.js").statusCode()).isEqualTo(200);
        assertThat(api.get("/inference/chat.css").statusCode()).isEqualTo(200);
    }
}
