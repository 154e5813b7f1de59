package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.events;
import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Topic;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Feedback on answers that the instance does not remember, as if another one had given them. */
@QuarkusTest
@TestProfile(ForgottenAnswerTest.OneRemembered.class)
class ForgottenAnswerTest extends ServiceTest {

    private final String asked = "Hi " + UUID.randomUUID();

    /** The next answer makes the last one forgotten. */
    public static final class OneRemembered implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("alignstream.inference.remembered-responses", "1");
        }
    }

    @BeforeEach
    void serveOnce() {
        serve(first);
        await().atMost(PATIENCE)
                .until(() -> json(api.post(question("first", "")).body()).has("receipt"));
    }

    @Test
    void isTakenWithTheReceipt() {
        // Given
        JsonNode answer = forgotten(question(asked, ""));

        // When
        HttpResponse<String> given = give(answer, answer.path("receipt").asText());

        // Then
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
        assertThat(feedback(answer)).singleElement().satisfies(event -> {
            assertThat(event.messages()).containsExactly(Message.user(asked));
            assertThat(event.answer()).isEqualTo(content(answer));
            assertThat(event.model()).isEqualTo(first.sha256());
        });
    }

    @Test
    void isTakenWithTheReceiptOfAStream() {
        // Given
        List<String> events =
                events(api.post(question(asked, ", \"stream\": true")).body());
        JsonNode closing = json(events.get(events.size() - 2));
        api.post(question("another", ""));

        // When
        HttpResponse<String> given = give(closing, closing.path("receipt").asText());

        // Then
        assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
    }

    @Test
    void isNotTakenWithoutOne() {
        // Given
        JsonNode answer = forgotten(question(asked, ""));

        // When
        HttpResponse<String> given =
                api.post("/v1/feedback", "{\"response_id\": \"" + id(answer) + "\", \"thumb\": \"up\"}");

        // Then
        assertThat(given.statusCode()).isEqualTo(404);
        assertThat(given.body()).contains("send the field 'receipt'");
    }

    @Test
    void isNotTakenWithTheReceiptOfAnotherAnswer() {
        // Given
        JsonNode answer = forgotten(question(asked, ""));
        JsonNode other = forgotten(question("what a client would rather have said", ""));

        // When
        HttpResponse<String> given = give(answer, other.path("receipt").asText());

        // Then
        assertThat(given.statusCode()).isEqualTo(400);
        assertThat(feedback(answer)).isEmpty();
    }

    @Test
    void comparesTwoForgottenAnswers() {
        // Given
        JsonNode one = forgotten(question(asked, ""));
        JsonNode other = forgotten(question(asked, ", \"max_tokens\": 3").replace("\"max_tokens\": 20, ", ""));

        // When
        HttpResponse<String> given = api.post(
                "/v1/feedback",
                "{\"response_id\": \"" + id(one) + "\", \"thumb\": \"up\", \"receipt\": \""
                        + one.path("receipt").asText() + "\", \"better_than\": \"" + id(other)
                        + "\", \"better_than_receipt\": \""
                        + other.path("receipt").asText() + "\"}");

        // Then
        assertThat(json(given.body()).path("became").path("code").asText())
                .as(given.body())
                .isEqualTo("feedback.compared");
    }

    private JsonNode forgotten(String question) {
        JsonNode answer = json(api.post(question).body());
        api.post(question("another", ""));
        return answer;
    }

    private HttpResponse<String> give(JsonNode answer, String receipt) {
        return api.post(
                "/v1/feedback",
                "{\"response_id\": \"" + id(answer) + "\", \"thumb\": \"up\", \"receipt\": \"" + receipt + "\"}");
    }

    private List<Feedback> feedback(JsonNode answer) {
        return topics.events(Topic.FEEDBACK).stream()
                .filter(event -> event.responseId().equals(id(answer)))
                .toList();
    }

    private static String id(JsonNode answer) {
        return answer.path("id").asText();
    }

    private static String content(JsonNode answer) {
        return answer.path("choices").path(0).path("message").path("content").asText();
    }
}
