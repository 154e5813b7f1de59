package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.testing.ClosedService;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one client asks is that client's: an id, which links and logs carry around, gives it to nobody else. */
@QuarkusTest
@TestProfile(ClosedService.class)
class OwnAnswersTest extends ServiceTest {

    /** Of the test's service: answers at once, those that wait, and those that are being read. */
    private static final int MOST_CALLS = 2 + 4 + 16;

    /** Loading a model that other tests have, too, may have been cancelled by one of them, which the broker remembers. */
    @BeforeEach
    void haveOneOfOnesOwn() throws IOException {
        first = TinyModel.save(store, UUID.randomUUID().hashCode());
    }

    private HttpResponse<String> call(Role role, String method, String path, String body) {
        return api.send(
                method,
                path,
                Map.of("Authorization", "Bearer " + ClosedService.key(role), "Content-Type", "application/json"),
                body);
    }

    private HttpResponse<String> post(Role role, String path, String body) {
        return call(role, "POST", path, body);
    }

    private static int status(HttpResponse<String> response) {
        return response.statusCode();
    }

    @Test
    void nobodyGoesOnWithAnothersResponse() {
        // Given
        serve(first);
        String id = json(post(
                                Role.CLIENT,
                                "/v1/responses",
                                "{\"input\": \"the password is swordfish\", \"max_output_tokens\": 2}")
                        .body())
                .path("id")
                .asText();
        String next = "{\"input\": \"repeat it\", \"max_output_tokens\": 2, \"previous_response_id\": \"" + id + "\"}";

        // When
        HttpResponse<String> other = post(Role.ADMIN, "/v1/responses", next);

        // Then
        assertThat(status(other)).as(other.body()).isEqualTo(404);
        assertThat(other.body()).contains("previous_response_id").doesNotContain("swordfish");
        assertThat(status(post(Role.CLIENT, "/v1/responses", next))).isEqualTo(200);
    }

    @Test
    void nobodyJudgesAnothersAnswerWithoutItsReceipt() {
        // Given
        serve(first);
        JsonNode answer = json(
                post(Role.CLIENT, "/v1/chat/completions", question("Hi", "")).body());
        String opinion = "{\"response_id\": \"" + answer.path("id").asText() + "\", \"thumb\": \"up\"%s}";

        // When
        HttpResponse<String> without = post(Role.ADMIN, "/v1/feedback", opinion.formatted(""));
        HttpResponse<String> with = post(
                Role.ADMIN,
                "/v1/feedback",
                opinion.formatted(", \"receipt\": \"" + answer.path("receipt").asText() + "\""));

        // Then
        assertThat(status(without)).as(without.body()).isEqualTo(404);
        assertThat(status(with)).as(with.body()).isEqualTo(200);
        assertThat(status(post(Role.CLIENT, "/v1/feedback", opinion.formatted(""))))
                .isEqualTo(200);
    }

    @Test
    void theLineageOfAnAnswerTellsItsWordsToOperatorsAlone() {
        // Given
        serve(first);
        String id = json(post(Role.CLIENT, "/v1/chat/completions", question("swordfish", ""))
                        .body())
                .path("id")
                .asText();

        // When
        HttpResponse<String> viewer = call(Role.VIEWER, "GET", "/v1/lineage/" + id, "");
        HttpResponse<String> operator = call(Role.OPERATOR, "GET", "/v1/lineage/" + id, "");

        // Then
        assertThat(json(viewer.body()).path("models").path(0).path("sha256").asText())
                .isEqualTo(first.sha256());
        assertThat(viewer.body()).doesNotContain("swordfish");
        assertThat(operator.body()).contains("swordfish");
    }

    @Test
    void whatPeopleWroteIsForReviewersAndOperatorsAndDocumentsAreForViewers() throws IOException {
        // Given
        String unique = UUID.randomUUID().toString();
        Reference model = TinyModel.save(
                store,
                unique.hashCode(),
                Map.of(),
                List.of(
                        range(topics.publish(Topic.DOCUMENTS, new Document(unique, "A text.", "almanac", Map.of()))),
                        range(topics.publish(
                                Topic.PROMPTS, new Prompt(unique, List.of(Message.user("swordfish")), Map.of())))));
        serve(model);
        String path = "/v1/lineage/" + ResponseId.next(ResponseId.Kind.CHAT, model.sha256()) + "/datasets/"
                + model.sha256() + "/";

        // When
        HttpResponse<String> documents = call(Role.VIEWER, "GET", path + "documents", "");
        HttpResponse<String> prompts = call(Role.VIEWER, "GET", path + "prompts", "");

        // Then
        assertThat(status(documents)).as(documents.body()).isEqualTo(200);
        assertThat(status(prompts)).as(prompts.body()).isEqualTo(403);
        assertThat(prompts.body()).contains("refusal.role").doesNotContain("swordfish");
        assertThat(call(Role.REVIEWER, "GET", path + "prompts", "").body()).contains("swordfish");
        assertThat(call(Role.OPERATOR, "GET", path + "prompts", "").body()).contains("swordfish");
    }

    @Test
    void ofLargeDocumentsSoManyAreShownAsTakeNotAllMemory() throws IOException {
        // Given
        String unique = UUID.randomUUID().toString();
        List<RecordMetadata> places = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            places.add(topics.publish(
                    Topic.DOCUMENTS, new Document(unique + "-" + i, "x".repeat(700_000), "almanac", Map.of())));
        }
        DatasetSnapshot all = new DatasetSnapshot(
                Topic.DOCUMENTS.name(),
                List.of(new PartitionRange(
                        places.getFirst().partition(),
                        places.getFirst().offset(),
                        places.getLast().offset() + 1)));
        Reference model = TinyModel.save(store, unique.hashCode(), Map.of(), List.of(all));
        serve(model);

        // When
        HttpResponse<String> documents = call(
                Role.VIEWER,
                "GET",
                "/v1/lineage/" + ResponseId.next(ResponseId.Kind.CHAT, model.sha256()) + "/datasets/" + model.sha256()
                        + "/documents",
                "");

        // Then
        assertThat(status(documents)).isEqualTo(200);
        assertThat(documents.body()).contains(unique + "-0", unique + "-1").doesNotContain(unique + "-2");
    }

    private static DatasetSnapshot range(RecordMetadata place) {
        return new DatasetSnapshot(
                place.topic(), List.of(new PartitionRange(place.partition(), place.offset(), place.offset() + 1)));
    }

    @Test
    void oneClientDoesNotTakeAllPlacesOfCallsThatAreBeingRead() throws IOException {
        // Given: calls whose bodies do not come
        serve(first);
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * MOST_CALLS; i++) {
                Socket socket = new Socket(address.getHost(), address.getPort());
                open.add(socket);
                socket.getOutputStream()
                        .write(("POST /tokenize HTTP/1.1\r\nHost: " + address.getAuthority()
                                        + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\nAuthorization: Bearer "
                                        + ClosedService.key(Role.CLIENT) + "\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
            }
            open.getLast().setSoTimeout((int) PATIENCE.toMillis());
            assertThat(new String(open.getLast().getInputStream().readNBytes(12), StandardCharsets.UTF_8))
                    .isEqualTo("HTTP/1.1 429");

            // When
            HttpResponse<String> other = post(Role.ADMIN, "/tokenize", "{\"prompt\": \"Hi\"}");

            // Then
            assertThat(status(other)).as(other.body()).isEqualTo(200);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }
}
