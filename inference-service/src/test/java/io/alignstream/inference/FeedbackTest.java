package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users say becomes what the next model learns from. */
@QuarkusTest
class FeedbackTest extends ServiceTest {

    private final String asked = "Hi " + UUID.randomUUID();

    @Inject
    HeldOutPrompts heldOut;

    @Inject
    Receipts receipts;

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
        assertThat(bestAnswer("u-7")).isEqualTo("Hello!");
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
        assertThat(bestAnswer("anonymous")).isEqualTo(content(one));
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
        assertThat(bestAnswer("anonymous")).isEqualTo(content(other));
    }

    @Test
    void anAnswerThatWasCutOffIsRankedAsOne() {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question(asked, ""));

        // When
        give(id(answer), "\"thumb\": \"down\", \"correction\": \"Hello!\"");

        // Then
        assertThat(finishReason(answer)).isEqualTo("length");
        assertThat(truncated()).containsExactly(content(answer));
    }

    @Test
    void anAnswerThatItsReaderStoppedIsRankedAsCutOff() throws IOException {
        // Given
        serve(first);
        String id;
        try (BufferedReader stream = new BufferedReader(new InputStreamReader(
                api.open(question(asked, ", \"stream\": true, \"max_completion_tokens\": 8000"))
                        .body(),
                StandardCharsets.UTF_8))) {
            id = json(stream.readLine().substring("data: ".length())).path("id").asText();
        }

        // When
        await().atMost(PATIENCE)
                .until(() -> give(id, "\"thumb\": \"down\", \"correction\": \"Hello!\"")
                                .statusCode()
                        == 200);

        // Then
        assertThat(truncated()).singleElement().isNotEqualTo("Hello!");
    }

    @Test
    void anAnswerThatEndedIsRankedAsComplete() {
        // Given
        serve(first);
        String whole = content(api.post(question(asked, "")));
        HttpResponse<String> answer =
                api.post(question(asked, ", \"stop\": " + text(whole.substring(whole.length() - 4))));

        // When
        give(id(answer), "\"thumb\": \"down\", \"correction\": \"Hello!\"");

        // Then
        assertThat(finishReason(answer)).isEqualTo("stop");
        assertThat(truncated()).isEmpty();
    }

    @Test
    void aCorrectionThatIsReplacedIsNoLongerLearned() {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question(asked, ""));
        give(id(answer), "\"thumb\": \"down\", \"correction\": \"Helo!\", \"user\": \"u-7\"");
        String replaced = request().requestId() + "/" + annotator("u-7");

        // When
        give(id(answer), "\"thumb\": \"down\", \"correction\": \"Hello!\", \"user\": \"u-7\"");

        // Then
        assertThat(standing(Topic.RANKINGS, replaced)).isEmpty();
        assertThat(standing(Topic.RANKINGS, request().requestId() + "/" + annotator("u-7")))
                .isPresent();
        assertThat(standing(Topic.INSTRUCTIONS, "feedback-" + id(answer)).orElseThrow())
                .contains("Hello!");
    }

    @Test
    void aCorrectionThatIsTakenBackIsNoLongerLearned() {
        // Given
        serve(first);
        HttpResponse<String> answer = api.post(question(asked, ""));
        give(id(answer), "\"thumb\": \"down\", \"correction\": \"Hello!\", \"user\": \"u-7\"");

        // When
        give(id(answer), "\"thumb\": \"up\"");

        // Then
        assertThat(standing(Topic.RANKINGS, request().requestId() + "/" + annotator("u-7")))
                .isEmpty();
        assertThat(standing(Topic.INSTRUCTIONS, "feedback-" + id(answer))).isEmpty();
    }

    @Test
    void aComparisonThatWasTurnedRoundStandsWhateverIsSaidOfTheOtherAnswer() {
        // Given
        serve(first);
        HttpResponse<String> one = api.post(question(asked, ""));
        HttpResponse<String> other =
                api.post(question(asked, ", \"max_tokens\": 3").replace("\"max_tokens\": 20, ", ""));
        give(id(one), "\"thumb\": \"up\", \"better_than\": \"" + id(other) + "\"");
        give(id(other), "\"thumb\": \"up\", \"better_than\": \"" + id(one) + "\"");

        // When
        give(id(one), "\"thumb\": \"up\"");

        // Then
        assertThat(standing(Topic.RANKINGS, request().requestId() + "/" + annotator("anonymous")))
                .isPresent();
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

    private static String finishReason(HttpResponse<String> answer) {
        return json(answer.body()).path("choices").path(0).path("finish_reason").asText();
    }

    /** As JSON. */
    private static String text(String text) {
        return TextNode.valueOf(text).toString();
    }

    /** The answers that the newest request says were cut off. */
    private List<String> truncated() {
        RankingRequest request = request();
        return IntStream.range(0, request.answers().size())
                .filter(request::isTruncated)
                .mapToObj(request.answers()::get)
                .toList();
    }

    /** What the newest record of {@code key} says; empty if it is a tombstone, or there is none. */
    private Optional<String> standing(Topic<?> topic, String key) {
        return topics.records(topic.name()).stream()
                .filter(record -> new String(record.key(), StandardCharsets.UTF_8).equals(key))
                .reduce((older, newer) -> newer)
                .map(ConsumerRecord::value)
                .map(value -> new String(value, StandardCharsets.UTF_8));
    }

    private RankingRequest request() {
        return own(Topic.RANKING_REQUESTS, RankingRequest::messages).getLast();
    }

    /** As which {@code user} of whoever is at this machine stands in topics. */
    private String annotator(String user) {
        return "user:" + receipts.pseudonym("", user).orElseThrow();
    }

    /** What {@code user} said last is the best answer to what was asked. */
    private String bestAnswer(String user) {
        Ranking ranking = topics.events(Topic.RANKINGS).stream()
                .filter(each -> each.requestId().equals(request().requestId()))
                .filter(each -> each.annotator().equals(annotator(user)))
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
