package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users say becomes what the next model learns from. */
@QuarkusTest
class FeedbackTest extends ServiceTest {

    private final String asked = "Hi " + UUID.randomUUID();

    @Inject
    HeldOutPrompts heldOut;

    @Test
    void aCorrectionIsAnInstructionAndARanking() {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question(asked, ""));

        // When
        HttpResponse<String> given =
                give(id(answer), "\"thumb\": \"down\", \"correction\": \"Hello!\", \"user\": \"u-7\"");

        // Then
        assertThat(json(given.body()).path("became").path("code").asText())
                .as(given.body())
                .isEqualTo("feedback.corrected");
        assertThat(own(Topic.INSTRUCTIONS, Instruction::messages))
                .containsExactly(new Instruction(
                        "feedback-" + id(answer),
                        List.of(Message.user(asked)),
                        List.of("Hello!"),
                        Map.of("source", "feedback")));
        assertThat(bestAnswer("user:u-7")).isEqualTo("Hello!");
        assertThat(own(Topic.PROMPTS, Prompt::messages)).isEmpty();
    }

    @Test
    void theBetterOneOfTwoAnswersIsARankingOfBoth() {
        // Given
        serve(first);
        HttpResponse<String> one = api.post(question(asked, ""));
        HttpResponse<String> other =
                api.post(question(asked, ", \"max_tokens\": 3").replace("\"max_tokens\": 20, ", ""));

        // When
        HttpResponse<String> given = give(id(one), "\"thumb\": \"up\", \"better_than\": \"" + id(other) + "\"");

        // Then
        assertThat(json(given.body()).path("became").path("code").asText())
                .as(given.body())
                .isEqualTo("feedback.compared");
        assertThat(own(Topic.RANKING_REQUESTS, RankingRequest::messages))
                .singleElement()
                .satisfies(request -> {
                    assertThat(request.answers()).containsExactlyInAnyOrder(content(one), content(other));
                    assertThat(request.tags()).containsEntry("source", "feedback");
                });
        assertThat(bestAnswer("user:anonymous")).isEqualTo(content(one));
    }

    @Test
    void whoChangesTheirMindReplacesTheRanking() {
        // Given
        serve(first);
        HttpResponse<String> one = api.post(question(asked, ""));
        HttpResponse<String> other =
                api.post(question(asked, ", \"max_tokens\": 3").replace("\"max_tokens\": 20, ", ""));
        give(id(one), "\"thumb\": \"up\", \"better_than\": \"" + id(other) + "\"");

        // When
        give(id(other), "\"thumb\": \"up\", \"better_than\": \"" + id(one) + "\"");

        // Then
        assertThat(own(Topic.RANKING_REQUESTS, RankingRequest::messages))
                .hasSize(2)
                .containsOnly(request());
        assertThat(bestAnswer("user:anonymous")).isEqualTo(content(other));
    }

    @Test
    void aThumbDownSendsTheQuestionToTheRankingDesk() {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question(asked, ""));

        // When
        HttpResponse<String> given = give(id(answer), "\"thumb\": \"down\"");

        // Then
        assertThat(json(given.body()).path("became").path("code").asText())
                .as(given.body())
                .isEqualTo("feedback.asked");
        assertThat(own(Topic.PROMPTS, Prompt::messages)).singleElement().satisfies(prompt -> assertThat(prompt.tags())
                .containsEntry("source", "feedback"));
    }

    @Test
    void whatIsHeldOutForTheGateIsNotLearned() {
        // Given
        serve(first);
        List<Message> messages = List.of(Message.user(asked));
        topics.publish(Topic.PROMPTS, new Prompt("gate-" + asked, messages, Map.of("purpose", "held-out")));
        await().atMost(PATIENCE).until(() -> heldOut.areAskedBy(messages));
        HttpResponse<String> answer = api.post(question(asked, ""));

        // When
        HttpResponse<String> given = give(id(answer), "\"thumb\": \"down\", \"correction\": \"Hello!\"");

        // Then
        assertThat(json(given.body()).path("became").path("code").asText())
                .as(given.body())
                .isEqualTo("feedback.heldOut");
        assertThat(own(Topic.INSTRUCTIONS, Instruction::messages)).isEmpty();
        assertThat(own(Topic.RANKING_REQUESTS, RankingRequest::messages)).isEmpty();
        assertThat(topics.events(Topic.FEEDBACK)).last().satisfies(feedback -> assertThat(feedback.messages())
                .isEqualTo(messages));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        "thumb": "down", "better_than": "ID"|feedback.mixed
        "thumb": "up", "better_than": "ID"|feedback.sameAnswer
        "thumb": "up", "better_than": "OTHER"|feedback.otherQuestion
        "thumb": "up", "better_than": "none"|api.unknownResponse
        """)
    void whatCannotBeComparedIsRefusedWithTheReason(String fields, String code) {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question(asked, ""));
        HttpResponse<String> other = api.post(question("another", ""));

        // When
        HttpResponse<String> given =
                give(id(answer), fields.replace("ID", id(answer)).replace("OTHER", id(other)));

        // Then
        assertThat(given.statusCode()).isBetween(400, 404);
        assertThat(json(given.body()).path("error").path("reason").path("code").asText())
                .isEqualTo(code);
    }

    private HttpResponse<String> give(String id, String fields) {
        return api.post("/v1/feedback", "{\"response_id\": \"" + id + "\", " + fields + "}");
    }

    private static String id(HttpResponse<String> answer) {
        return json(answer.body()).path("id").asText();
    }

    private RankingRequest request() {
        return own(Topic.RANKING_REQUESTS, RankingRequest::messages).getLast();
    }

    /** What {@code annotator} said last is the best answer to what was asked. */
    private String bestAnswer(String annotator) {
        Ranking ranking = topics.events(Topic.RANKINGS).stream()
                .filter(each -> each.requestId().equals(request().requestId()))
                .filter(each -> each.annotator().equals(annotator))
                .toList()
                .getLast();
        return request().answers().get(ranking.order().getFirst().getFirst());
    }

    private <T> List<T> own(Topic<T> topic, Function<T, List<Message>> messages) {
        return topics.events(topic).stream()
                .filter(event -> messages.apply(event).equals(List.of(Message.user(asked))))
                .filter(event ->
                        !(event instanceof Prompt prompt) || prompt.tags().containsKey("source"))
                .toList();
    }
}
