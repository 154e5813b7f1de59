package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.contracts.ModelRelease.Verdict.REJECTED;
import static io.alignstream.contracts.ModelRelease.Verdict.ROLLED_BACK;
import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.stageruntime.JobStatus;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

@QuarkusTest
class ReleaseTest extends ServiceTest {

    @Test
    void withoutAnApprovedReleaseOrAfterItsWithdrawalThereIsNoModel() {
        // Given
        withdrawAll();
        publish(REJECTED, second);
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
        await().until(() ->
                Messages.english(control.status().reason()).startsWith("no release of alignstream is approved yet"));
        assertThat(api.get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(api.get("/q/health/ready").body()).contains("no release is approved");
        assertThat(api.get("/q/health/started").statusCode()).isEqualTo(200);
        assertThat(api.get("/q/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void anApprovedReleaseIsServed() {
        // When
        serve(first);

        // Then
        JsonNode model = json(api.get("/v1/models").body()).path("data").path(0);
        assertThat(model.path("id").asText()).isEqualTo("alignstream");
        assertThat(model.path("object").asText()).isEqualTo("model");
        assertThat(model.path("owned_by").asText()).isEqualTo("alignstream");
        assertThat(model.path("sha256").asText()).isEqualTo(first.sha256());
        assertThat(api.get("/q/health/ready").statusCode()).isEqualTo(200);
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
    void twentySwapsUnderLoadDropNothingAndLeaveNothingBehind() throws Exception {
        // Given: four models, of which the last two are in memory, so each swap loads one
        withdrawAll();
        List<Reference> models = new ArrayList<>();
        Map<String, String> answers = new HashMap<>();
        for (int seed = 11; seed <= 14; seed++) {
            Reference model = TinyModel.save(store, seed);
            serve(model);
            models.add(model);
            answers.put(model.sha256(), content(api.post(question("Hi", ""))));
        }
        AtomicBoolean over = new AtomicBoolean();
        Callable<List<Answer>> user = () -> {
            List<Answer> got = new ArrayList<>();
            while (!over.get()) {
                got.add(Answer.of(api.post(question("Hi", ""))));
                got.add(Answer.ofStream(api.post(question("Hi", ", \"stream\": true"))));
            }
            return got;
        };
        Set<LoadedModel> seen = new HashSet<>();
        long before = NativeHeap.bytesInUse();

        // When
        List<Answer> got = new ArrayList<>();
        try (ExecutorService users = Executors.newFixedThreadPool(4)) {
            List<Future<List<Answer>>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(users.submit(user));
            }
            for (int swap = 0; swap < 20; swap++) {
                serve(models.get(swap % models.size()));
                served.current().ifPresent(seen::add);
            }
            over.set(true);
            for (Future<List<Answer>> one : running) {
                got.addAll(one.get());
            }
        }

        // Then
        assertThat(answers.values()).doesNotHaveDuplicates();
        assertThat(got).isNotEmpty().allSatisfy(answer -> {
            assertThat(answer.text()).isEqualTo(answers.get(answer.sha256()));
            assertThat(answer.fingerprints()).containsExactly(answer.sha256().substring(0, 12));
        });
        assertThat(seen).hasSize(20);
        await().atMost(PATIENCE)
                .until(() -> seen.stream().filter(model -> !model.freed()).count() == 2);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(NativeHeap.bytesInUse()).isLessThan(before + before / 20));
    }

    /** What somebody was told, and by which model. */
    private record Answer(String sha256, Set<String> fingerprints, String text) {

        static Answer of(HttpResponse<String> response) {
            return new Answer(
                    sha256(response),
                    Set.of(json(response.body()).path("system_fingerprint").asText()),
                    content(response));
        }

        static Answer ofStream(HttpResponse<String> response) {
            Set<String> fingerprints = new HashSet<>();
            StringBuilder text = new StringBuilder();
            for (String event : ChatApi.events(response.body())) {
                if (!event.equals("[DONE]")) {
                    JsonNode chunk = json(event);
                    fingerprints.add(chunk.path("system_fingerprint").asText());
                    text.append(delta(chunk).path("content").asText(""));
                }
            }
            return new Answer(sha256(response), fingerprints, text.toString());
        }

        private static String sha256(HttpResponse<String> response) {
            return response.headers().firstValue("X-Model-Sha256").orElse("refused: " + response.body());
        }
    }

    @Test
    void aReleaseThatCannotAnswerIsRejectedOnTheTopicAndTheOldOneStays() throws IOException {
        // Given
        serve(first);
        Reference broken = TinyModel.saveBroken(store);

        // When
        publish(APPROVED, broken);

        // Then
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.MODEL_RELEASES))
                .filteredOn(release -> release.reference().equals(broken))
                .last()
                .satisfies(release -> {
                    assertThat(release.verdict()).isEqualTo(REJECTED);
                    assertThat(release.decidedBy()).isEqualTo("inference-service");
                    assertThat(release.reason()).contains("its probabilities are no numbers");
                }));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        Messages.english(Objects.requireNonNull(control.status().lastFailure())))
                .contains("failed the check"));
        assertThat(served.current().orElseThrow().sha256()).isEqualTo(first.sha256());
        assertThat(api.post(question("Hi", "")).statusCode()).isEqualTo(200);
    }

    @Test
    void aRollbackToAModelThatIsInMemoryLoadsNothing() {
        // Given
        withdrawAll();
        serve(first);
        serve(second);
        double loaded = loads();

        // When
        publish(ROLLED_BACK, second);

        // Then
        awaitServed(first);
        assertThat(content(api.post(question("Hi", "")))).isNotEmpty();
        assertThat(loads()).isEqualTo(loaded);
    }

    private double loads() {
        return api.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("alignstream_inference_swaps_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void aVersionAnswersByItsName() {
        // Given
        withdrawAll();
        serve(first);
        serve(second);
        String version = "alignstream@" + first.shortSha256();

        // When
        HttpResponse<String> answer = api.post(question("Hi", ", \"model\": \"" + version + "\""));

        // Then
        assertThat(answer.headers().firstValue("X-Model-Sha256")).contains(first.sha256());
        HttpResponse<String> unknown = api.post(question("Hi", ", \"model\": \"alignstream@000000000000\""));
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains(version);
    }

    @Test
    void aRejectedCandidateChangesNothing() throws IOException {
        // Given
        serve(first);
        serve(second);

        // When
        publish(REJECTED, TinyModel.save(store, 3));
        settle();

        // Then
        assertThat(served.current().orElseThrow().sha256()).isEqualTo(second.sha256());
    }

    @Test
    void aRollbackMakesRoomForTheOneBefore() {
        // Given
        serve(first);
        serve(second);

        // When
        publish(ROLLED_BACK, second);

        // Then
        awaitServed(first);
    }

    @Test
    void aModelThatIsRolledBackAnswersNobodyThoughTheOneBeforeCannotBeLoaded() {
        // Given: an older approved release whose files are gone, and a newer one that is served
        withdrawAll();
        publish(APPROVED, missing());
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.FAILED);
        serve(second);

        // When
        publish(ROLLED_BACK, second);
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.FAILED);

        // Then
        HttpResponse<String> answer = api.post(question("Hi", ""));
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        assertThat(api.get("/q/health/ready").statusCode()).isEqualTo(503);
        assertThat(api.get("/q/health/ready").body()).contains("no approved release is loaded");
    }

    @Test
    void anApprovalThatIsPublishedAgainIsTheNewestUntilItIsWithdrawn() {
        // Given
        serve(first);
        serve(second);
        publish(ROLLED_BACK, second);
        awaitServed(first);
        serve(second);

        // When
        withdraw(second);

        // Then
        awaitServed(first);
    }

    @Test
    void aReleaseThatCannotBeLoadedLeavesTheOldOneInService() {
        // Given
        serve(first);

        // When
        publish(APPROVED, missing());
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.FAILED);

        // Then
        assertThat(api.post(question("Hi", "")).statusCode()).isEqualTo(200);
        assertThat(Messages.english(Objects.requireNonNull(control.status().lastFailure())))
                .contains("missing");
        serve(second);
    }

    private Reference missing() {
        return new Reference(URI.create(first.uri() + "-missing"), "ab".repeat(32), 1);
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

    private void withdraw(Reference reference) {
        topics.publishTombstone(Topic.MODEL_RELEASES, Topic.MODEL_RELEASES.key(TinyModel.release(APPROVED, reference)));
    }
}
