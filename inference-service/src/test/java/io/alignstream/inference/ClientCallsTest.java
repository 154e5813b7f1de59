package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.lang.reflect.Method;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients of the OpenAI API send beyond one question, and every call besides chat completions. */
@QuarkusTest
class ClientCallsTest extends ServiceTest {

    @BeforeEach
    void serve() {
        serve(first);
    }

    @Test
    void severalAnswersAreAsManyChoicesOfOneResponse() {
        // Given
        String sampled = ", \"seed\": 3, \"temperature\": 1.5, \"max_tokens\": 12";
        String alone = content(api.post(question("Hi", sampled)));

        // When
        JsonNode completion =
                json(api.post(question("Hi", sampled + ", \"n\": 3")).body());

        // Then
        List<String> answers = new ArrayList<>();
        completion.path("choices").forEach(choice -> {
            assertThat(choice.path("index").asInt()).isEqualTo(answers.size());
            assertThat(choice.path("receipt").isTextual()).isTrue();
            answers.add(choice.path("message").path("content").asText());
        });
        assertThat(answers).hasSize(3).doesNotHaveDuplicates();
        assertThat(answers.getFirst()).isEqualTo(alone);
        assertThat(completion.path("usage").path("completion_tokens").asInt()).isEqualTo(36);
    }

    @Test
    void severalAnswersAreStreamedSideBySide() {
        // Given
        String sampled = ", \"seed\": 3, \"temperature\": 1.5, \"max_tokens\": 12, \"n\": 3";
        JsonNode whole = json(api.post(question("Hi", sampled)).body());

        // When
        List<String> events = ChatApi.events(
                api.post(question("Hi", sampled + ", \"stream\": true")).body());

        // Then
        assertThat(events.getLast()).isEqualTo("[DONE]");
        StringBuilder[] texts = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
        Set<Integer> ended = new HashSet<>();
        for (String event : events.subList(0, events.size() - 1)) {
            JsonNode choice = json(event).path("choices").path(0);
            int index = choice.path("index").asInt();
            texts[index].append(choice.path("delta").path("content").asText(""));
            if (choice.path("finish_reason").isTextual()) {
                ended.add(index);
            }
        }
        assertThat(ended).containsExactlyInAnyOrder(0, 1, 2);
        for (int i = 0; i < texts.length; i++) {
            assertThat(texts[i])
                    .hasToString(whole.path("choices")
                            .path(i)
                            .path("message")
                            .path("content")
                            .asText());
        }
    }

    @Test
    void feedbackOnAnyOfSeveralAnswersIsTakenWithItsReceipt() {
        // Given
        JsonNode completion = json(
                api.post(question("Hi", ", \"temperature\": 1.5, \"n\": 2")).body());
        String receipt = completion.path("choices").path(1).path("receipt").asText();
        String id = completion.path("id").asText();

        // When
        HttpResponse<String> given = api.post(
                "/v1/feedback",
                "{\"response_id\": \"" + id + "\", \"thumb\": \"up\", \"receipt\": \"" + receipt + "\"}");

        // Then
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | {'messages': [{'role': 'user', 'content': 'Hi'}], 'retrieval': true}",
                "/v1/responses | {'input': 'Hi', 'retrieval': {'passages': 2}}",
                "/v1/retrieval | {'query': 'Hi'}"
            })
    void whereDocumentsAreNotIndexedARequestForThemIsToldTheSetting(String path, String body) {
        // When
        HttpResponse<String> refused = api.post(path, body.replace('\'', '"'));

        // Then
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("alignstream.inference.retrieval.enabled=true");
        assertThat(json(api.get("/served").body()).path("retrieval").isNull()).isTrue();
    }

    @Test
    void everyTokenComesWithItsProbability() {
        // When
        JsonNode completion = json(api.post(question("Hi", ", \"logprobs\": true, \"top_logprobs\": 2"))
                .body());

        // Then
        JsonNode tokens = completion.path("choices").path(0).path("logprobs").path("content");
        assertThat(tokens).hasSize(20);
        assertThat(tokens).allSatisfy(token -> {
            assertThat(token.path("logprob").doubleValue()).isLessThanOrEqualTo(0);
            assertThat(token.path("token").isTextual()).isTrue();
            assertThat(token.path("bytes").isArray()).isTrue();
            assertThat(token.path("top_logprobs")).hasSize(2);
            assertThat(token.path("top_logprobs").path(0).path("token")).isEqualTo(token.path("token"));
        });
    }

    @Test
    void moreTokensMayBeAskedForThanThereIsRoomFor() {
        // Given
        String whole = content(api.post(question("Hi", "")));
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 1);

        // When
        HttpResponse<String> response =
                api.post(question("Hi", ", \"max_completion_tokens\": 9000000, \"stop\": \"" + stop + "\""));

        // Then
        assertThat(content(response)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"user\", \"content\": \"there\"}",
                "{\"role\": \"system\", \"content\": \"\"}, {\"role\": \"user\", \"content\": [{\"type\": \"text\","
                        + " \"text\": \"Hi\"}, {\"type\": \"text\", \"text\": \" there\"}]}",
                "{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"system\", \"content\": \"Be brief.\"}",
                "{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": null}, {\"role\":"
                        + " \"user\", \"content\": \"there\", \"name\": \"ann\"}",
                "{\"role\": \"developer\", \"content\": \"Be brief.\"}"
            })
    void conversationsOfAnyOrderAreAnswered(String messages) {
        // When
        HttpResponse<String> response = api.post("{\"max_tokens\": 3, \"messages\": [" + messages + "]}");

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @Test
    void anAnswerThatIsBegunIsGoneOnWith() {
        // Given
        String answer = content(api.post(question("Hi", "")));
        int[] tokens = TinyModel.TOKENIZER.encode(answer);
        String begun = TinyModel.TOKENIZER.decode(tokens[0], tokens[1]);
        String conversation = "[{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": "
                + TextNode.valueOf(begun) + "}]";

        // When
        JsonNode tokenized = json(
                api.post("/tokenize", "{\"messages\": " + conversation + "}").body());
        HttpResponse<String> response =
                api.post("{\"temperature\": 0, \"max_tokens\": 5, \"messages\": " + conversation + "}");

        // Then
        assertThat(tokenized.path("count").asInt())
                .isEqualTo(TinyModel.TOKENIZER.encode("Hi").length + TinyModel.TOKENIZER.encode(begun).length + 3);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @Test
    void textsAreGoneOnWith() {
        // When
        HttpResponse<String> response = api.post(
                "/v1/completions",
                "{\"prompt\": [\"The train\", \"去上海\"], \"temperature\": 0, \"n\": 2, \"max_tokens\": 5, \"echo\": true}");

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode completion = json(response.body());
        assertThat(completion.path("id").asText()).startsWith("cmpl-");
        assertThat(completion.path("object").asText()).isEqualTo("text_completion");
        assertThat(completion.path("sha256").asText()).isEqualTo(first.sha256());
        JsonNode choices = completion.path("choices");
        assertThat(choices).hasSize(4);
        assertThat(choices.path(1).path("text").asText()).startsWith("The train");
        assertThat(choices.path(2).path("text").asText()).startsWith("去上海");
        assertThat(choices.path(3).path("index").asInt()).isEqualTo(3);
        assertThat(choices.path(0).path("finish_reason").asText()).isEqualTo("length");
        assertThat(completion.path("usage").path("completion_tokens").asInt()).isEqualTo(20);
    }

    @Test
    void aTextInTokensIsTheSameText() {
        // Given
        JsonNode tokens =
                json(api.post("/tokenize", "{\"prompt\": \"去上海 now\"}").body());

        // When
        JsonNode text = json(api.post("/detokenize", "{\"tokens\": " + tokens.path("tokens") + "}")
                .body());

        // Then
        assertThat(text.path("prompt").asText()).isEqualTo("去上海 now");
        assertThat(tokens.path("count").asInt()).isEqualTo(tokens.path("tokens").size());
        assertThat(tokens.path("max_model_len").asInt()).isEqualTo(TinyModel.POSITIONS);
    }

    @Test
    void streamedTextsAreTheSameAsWholeOnes() {
        // Given
        String sampled = "{\"prompt\": \"Hi\", \"seed\": 4, \"max_tokens\": 9, \"logprobs\": 1";
        JsonNode whole = json(api.post("/v1/completions", sampled + "}").body());

        // When
        List<String> events = ChatApi.events(
                api.post("/v1/completions", sampled + ", \"stream\": true}").body());

        // Then
        StringBuilder text = new StringBuilder();
        events.subList(0, events.size() - 1)
                .forEach(event -> text.append(
                        json(event).path("choices").path(0).path("text").asText()));
        assertThat(text).hasToString(whole.path("choices").path(0).path("text").asText());
        assertThat(whole.path("choices").path(0).path("logprobs").path("token_logprobs"))
                .hasSize(9);
    }

    @Test
    void textsBecomeVectorsOfLengthOne() {
        // When
        JsonNode floats = json(
                api.post("/v1/embeddings", "{\"input\": [\"Hi\", \"去上海\"]}").body());
        JsonNode bytes = json(api.post("/v1/embeddings", "{\"input\": \"Hi\", \"encoding_format\": \"base64\"}")
                .body());

        // Then
        assertThat(floats.path("data")).hasSize(2).allSatisfy(one -> {
            double length = 0;
            for (JsonNode number : one.path("embedding")) {
                length += number.doubleValue() * number.doubleValue();
            }
            assertThat(length).isCloseTo(1, within(1e-5));
            assertThat(one.path("embedding")).hasSize(16);
        });
        ByteBuffer decoded = ByteBuffer.wrap(Base64.getDecoder()
                        .decode(bytes.path("data").path(0).path("embedding").asText()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(decoded.getFloat())
                .isEqualTo(floats.path("data").path(0).path("embedding").path(0).floatValue());
        assertThat(floats.path("usage").path("total_tokens").asInt()).isPositive();
    }

    @Test
    void aResponseIsGoneOnWithByTheNextOne() {
        // Given
        JsonNode one = json(api.post("/v1/responses", "{\"input\": \"Hi\", \"max_output_tokens\": 6}")
                .body());

        // When
        HttpResponse<String> next = api.post(
                "/v1/responses",
                "{\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_text\", \"text\": \"and?\"}]}],"
                        + " \"instructions\": \"Be brief.\", \"max_output_tokens\": 6, \"previous_response_id\": \""
                        + one.path("id").asText() + "\"}");

        // Then
        assertThat(next.statusCode()).as(next.body()).isEqualTo(200);
        assertThat(one.path("id").asText()).startsWith("resp_");
        assertThat(one.path("status").asText()).isEqualTo("incomplete");
        assertThat(one.path("output")
                        .path(0)
                        .path("content")
                        .path(0)
                        .path("text")
                        .asText())
                .isNotEmpty();
        int before = one.path("usage").path("total_tokens").asInt();
        assertThat(json(next.body()).path("usage").path("input_tokens").asInt()).isGreaterThan(before);
    }

    @Test
    void instructionsAreForOneResponseAlone() {
        // Given
        String call = "{\"input\": \"%s\", \"max_output_tokens\": 1%s}";
        JsonNode plain = json(
                api.post("/v1/responses", call.formatted("Hi", ", \"seed\": 1")).body());
        JsonNode instructed = json(api.post(
                        "/v1/responses",
                        call.formatted("Hi", ", \"seed\": 1, \"instructions\": \"" + "Be brief. ".repeat(5) + "\""))
                .body());

        // When
        int[] tokens = Stream.of(plain, instructed)
                .mapToInt(before -> json(api.post(
                                        "/v1/responses",
                                        call.formatted(
                                                "and?",
                                                ", \"previous_response_id\": \""
                                                        + before.path("id").asText() + "\""))
                                .body())
                        .path("usage")
                        .path("input_tokens")
                        .asInt())
                .toArray();

        // Then
        assertThat(instructed.path("usage").path("input_tokens").asInt())
                .isGreaterThan(plain.path("usage").path("input_tokens").asInt() + 5);
        assertThat(tokens[1]).isCloseTo(tokens[0], within(3)); // what was answered may differ
    }

    @Test
    void aResponseIsStreamedAsNamedEvents() {
        // When
        String stream = api.post("/v1/responses", "{\"input\": \"Hi\", \"max_output_tokens\": 6, \"stream\": true}")
                .body();

        // Then
        List<String> names = stream.lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring("event: ".length()))
                .distinct()
                .toList();
        assertThat(names)
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.incomplete");
    }

    @Test
    void everyAnswerSaysWhichModelWroteIt() {
        // When
        HttpResponse<String> response = api.post(question("Hi", ""));

        // Then
        JsonNode completion = json(response.body());
        assertThat(completion.path("sha256").asText()).isEqualTo(first.sha256());
        assertThat(completion.path("run").asText()).isEqualTo(TinyModel.run(first));
        assertThat(response.headers().firstValue("X-Model-Sha256")).contains(first.sha256());
        assertThat(response.headers().firstValue("X-Response-Id"))
                .contains(completion.path("id").asText());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/nothing, application/json, */*, 404",
        "GET, /nothing/at/all, application/json, */*, 404",
        "POST, /chat/completions, application/json, */*, 404",
        "DELETE, /v1/models, application/json, */*, 405",
        "GET, /v1/chat/completions, application/json, */*, 405",
        "PUT, /tokenize, application/json, */*, 405",
        "POST, /v1/chat/completions, text/plain, */*, 415",
        "POST, /v1/completions, application/xml, */*, 415",
        "POST, /v1/embeddings, multipart/form-data, */*, 415",
        "POST, /v1/chat/completions, application/json, image/png, 406",
        "GET, /v1/models, application/json, text/csv, 406",
        "POST, /v1/responses, application/json, */*, 400",
    })
    void everyRefusalIsTheApisJson(String method, String path, String type, String accept, int status) {
        // When
        HttpResponse<String> response = api.send(method, path, Map.of("Content-Type", type, "Accept", accept), "{}");

        // Then
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        JsonNode error = json(response.body()).path("error");
        assertThat(error.path("message").isTextual()).as(response.body()).isTrue();
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.has("param") && error.has("code")).as(response.body()).isTrue();
    }

    @Test
    void aBrowserThatFindsNothingGetsAPage() {
        // When
        HttpResponse<String> response =
                api.send("GET", "/nothing/at/all", Map.of("Accept", "text/html,application/xhtml+xml"), "");

        // Then
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
    }

    @Test
    void theOpenApiDocumentHasEveryRouteOfTheApi() {
        // Given
        Set<String> routes = new TreeSet<>();
        for (Bean<?> bean : CDI.current().getBeanManager().getBeans(Object.class, Any.Literal.INSTANCE)) {
            Path root = bean.getBeanClass().getAnnotation(Path.class);
            for (Method method :
                    root == null ? new Method[0] : bean.getBeanClass().getDeclaredMethods()) {
                if (method.isAnnotationPresent(GET.class) || method.isAnnotationPresent(POST.class)) {
                    Path own = method.getAnnotation(Path.class);
                    String path = ("/" + root.value() + "/" + (own == null ? "" : own.value()))
                            .replaceAll("/+", "/")
                            .replaceAll("/$", "");
                    // what the explorer's page asks is its own
                    if (path.matches("/(v1|tokenize|detokenize|openapi)(/.*)?") && !path.startsWith("/v1/explorer/")) {
                        routes.add((method.isAnnotationPresent(GET.class) ? "get " : "post ") + path);
                    }
                }
            }
        }

        // When
        JsonNode paths = json(api.get("/openapi").body()).path("paths");

        // Then
        Set<String> documented = new TreeSet<>();
        paths.properties().forEach(path -> path.getValue()
                .fieldNames()
                .forEachRemaining(method -> documented.add(method + " " + path.getKey())));
        assertThat(documented).isEqualTo(routes);
        assertThat(routes).hasSizeGreaterThan(8);
    }

    @Test
    void anAnswerKeepsToItsSchema() {
        // Given
        String schema = "{\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\", \"maxLength\": 8},"
                + " \"sights\": {\"type\": \"array\", \"items\": {\"enum\": [\"tower\", \"garden\"]}, \"maxItems\": 3}},"
                + " \"required\": [\"city\", \"sights\"], \"additionalProperties\": false}";

        // When
        String answer = content(api.post(question(
                        "Hi",
                        ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\": "
                                + schema + "}}")
                .replace("\"max_tokens\": 20", "\"max_tokens\": 300")));

        // Then
        assertThat(json(answer).path("city").isTextual()).as(answer).isTrue();
        assertThat(json(answer).path("sights").isArray()).as(answer).isTrue();
    }
}
