package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.events;
import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static io.alignstream.inference.GroundedService.ASKED;
import static io.alignstream.inference.GroundedService.OLN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Topic;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@TestProfile(GroundedService.class)
class GroundedAnswerTest extends ServiceTest {

    private static final String ON = ", \"retrieval\": true";

    @BeforeEach
    void index() {
        serve(first);
        GroundedService.publish(topics, "oln", OLN, Map.of("title", "Velmora", "url", "https://example.org/velmora"));
        await().atMost(PATIENCE).until(() -> !found(ASKED).isEmpty());
    }

    @Test
    void anAnswerComesWithItsSources() {
        // Given
        int plain = tokens(json(api.post(question(ASKED, "")).body()));

        // When
        JsonNode answer = json(api.post(question(ASKED, ON)).body());

        // Then
        assertThat(answer.path("retrieval").path("left_out").asInt(-1)).isZero();
        assertThat(answer.path("retrieval").path("sources").valueStream())
                .filteredOn(source -> source.path("document").asText().equals("oln"))
                .singleElement()
                .satisfies(source -> {
                    assertThat(source.path("number").asInt()).isOne();
                    assertThat(source.path("document").asText()).isEqualTo("oln");
                    assertThat(source.path("title").asText()).isEqualTo("Velmora");
                    assertThat(source.path("uri").asText()).isEqualTo("https://example.org/velmora");
                    assertThat(source.path("source").asText()).isEqualTo("test");
                    assertThat(source.path("text").asText()).isEqualTo(OLN);
                    assertThat(source.path("score").asDouble()).isBetween(0.5, 1.0);
                });
        assertThat(tokens(answer)).isGreaterThan(plain + TinyModel.TOKENIZER.encode(OLN).length);
    }

    @Test
    void aStreamBeginsWithThem() {
        // When
        List<String> events =
                events(api.post(question(ASKED, ON + ", \"stream\": true")).body());

        // Then
        assertThat(json(events.getFirst())
                        .path("retrieval")
                        .path("sources")
                        .path(0)
                        .path("document")
                        .asText())
                .isEqualTo("oln");
        assertThat(events.stream().filter(event -> event.contains("\"retrieval\"")))
                .hasSize(1);
    }

    @Test
    void aResponseHasThemAndTheNextOneIsNotToldOfThem() {
        // Given
        JsonNode response = json(api.post(
                        "/v1/responses",
                        "{\"temperature\": 0, \"max_output_tokens\": 5, \"input\": \"" + ASKED + "\"" + ON + "}")
                .body());

        // When
        JsonNode next = json(api.post(
                        "/v1/responses",
                        "{\"temperature\": 0, \"max_output_tokens\": 5, \"input\": \"Why?\", \"previous_response_id\": \""
                                + response.path("id").asText() + "\"}")
                .body());

        // Then
        assertThat(response.path("retrieval").path("sources").size()).isPositive();
        assertThat(next.has("retrieval")).isFalse();
        assertThat(next.path("usage").path("input_tokens").asInt())
                .isLessThan(response.path("usage").path("input_tokens").asInt());
    }

    @Test
    void feedbackIsOnWhatTheModelWasAsked() {
        // Given
        JsonNode answer = json(api.post(question(ASKED, ON)).body());

        // When
        api.post("/v1/feedback", "{\"response_id\": \"" + answer.path("id").asText() + "\", \"thumb\": \"up\"}");

        // Then
        assertThat(topics.events(Topic.FEEDBACK)).last().satisfies(feedback -> assertThat(feedback.messages())
                .hasSize(2)
                .first()
                .satisfies(message -> {
                    assertThat(message.role()).isEqualTo(Message.Role.SYSTEM);
                    assertThat(message.content()).contains(OLN);
                }));
    }

    @Test
    void whatDoesNotFitTheContextIsLeftOutAndThatIsSaid() {
        // Given
        StringBuilder asked = new StringBuilder(ASKED);
        while (TinyModel.TOKENIZER.encode(asked.toString()).length < TinyModel.POSITIONS - 60) {
            asked.append(" He?");
        }

        // When
        JsonNode answer = json(api.post(question(asked.toString(), ", \"retrieval\": {\"minimum_similarity\": 0}"))
                .body());

        // Then
        assertThat(answer.path("retrieval").path("sources").isEmpty()).isTrue();
        assertThat(answer.path("retrieval").path("left_out").asInt()).isPositive();
        assertThat(content(answer)).isNotEmpty();
    }

    @Test
    void whereNothingIsSimilarEnoughTheAnswerSaysThatThereIsNoSource() {
        // When
        JsonNode answer = json(api.post(question(ASKED, ", \"retrieval\": {\"minimum_similarity\": 1}"))
                .body());

        // Then
        assertThat(answer.path("retrieval").path("sources").isEmpty()).isTrue();
        assertThat(answer.path("retrieval").path("left_out").asInt(-1)).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"yes\" | must be true, false or an object",
                "{\"passages\": 0} | must be an integer from 1 to 20",
                "{\"minimum_similarity\": 2} | must be a number from 0 to 1",
                "{\"rerank\": true} | retrieval.rerank is not supported here"
            })
    void whatCannotBeIsRefusedByName(String retrieval, String why) {
        // When
        HttpResponse<String> refused = api.post(question(ASKED, ", \"retrieval\": " + retrieval));

        // Then
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused.body()).path("error").path("message").asText()).contains(why);
    }

    @Test
    void aLongQuestionIsLookedForByItsBeginning() {
        // Given: more words than a query of the index has, and half a character
        String query = ASKED + " " + "成".repeat(3_000) + "\\ud83d";

        // When
        HttpResponse<String> found = api.post("/v1/retrieval", "{\"query\": \"" + query + "\"}");

        // Then
        assertThat(found.statusCode()).as(found.body()).isEqualTo(200);
    }

    @Test
    void withToolsNothingIsLookedFor() {
        // When
        HttpResponse<String> refused = api.post(
                question(ASKED, ON + ", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"trains\"}}]"));

        // Then
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("api.retrievalNeedsQuestion");
    }

    @Test
    void theServiceSaysHowFarItIs() {
        // When
        JsonNode status = json(api.get("/served").body()).path("retrieval");

        // Then
        assertThat(status.path("open").asBoolean()).isTrue();
        assertThat(status.path("passages").asInt()).isPositive();
        assertThat(status.path("problem").isNull()).isTrue();
        assertThat(api.get("/q/metrics").body()).contains("alignstream_inference_retrieval_passages{");
    }

    private JsonNode found(String query) {
        return json(api.post("/v1/retrieval", "{\"query\": \"" + query + "\"}").body())
                .path("data");
    }

    private static int tokens(JsonNode answer) {
        return answer.path("usage").path("prompt_tokens").asInt();
    }

    private static String content(JsonNode answer) {
        return answer.path("choices").path(0).path("message").path("content").asText();
    }
}
