package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.inference.ChatApi.json;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the tests of the running service share: a broker, two models, a client. */
@QuarkusTestResource(KafkaBroker.class)
abstract class ServiceTest {

    static final Duration PATIENCE = Duration.ofSeconds(60);

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

    TopicProbe topics;
    ChatApi api;
    Reference first;
    Reference second;

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

    final void publish(ModelRelease.Verdict verdict, Reference reference) {
        topics.publish(Topic.MODEL_RELEASES, TinyModel.release(verdict, reference));
    }

    /** Whatever any test has released before. */
    final void withdrawAll() {
        topics.events(Topic.MODEL_RELEASES).stream()
                .map(Topic.MODEL_RELEASES::key)
                .distinct()
                .forEach(key -> topics.publishTombstone(Topic.MODEL_RELEASES, key));
    }

    final void serve(Reference reference) {
        publish(APPROVED, reference);
        awaitServed(reference);
    }

    final void awaitServed(Reference reference) {
        await().atMost(PATIENCE).until(() -> served.current()
                .filter(model -> model.sha256().equals(reference.sha256()))
                .isPresent());
    }

    /** Waits until all events published so far are taken in: a poison one behind them is in its dead letters. */
    final void settle() {
        int before = topics.records(Topic.MODEL_RELEASES.deadLetters()).size();
        topics.publishText(Topic.MODEL_RELEASES, "alignstream", "{poison");
        await().atMost(PATIENCE)
                .until(() -> topics.records(Topic.MODEL_RELEASES.deadLetters()).size() > before);
    }

    /**
     * The text of an answer.
     *
     * @throws IllegalArgumentException if it is a refusal
     */
    static String content(HttpResponse<String> response) {
        if (response.statusCode() != 200) {
            throw new IllegalArgumentException("no answer but " + response.statusCode() + ": " + response.body());
        }
        return json(response.body())
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asText();
    }

    static JsonNode delta(JsonNode chunk) {
        return chunk.path("choices").path(0).path("delta");
    }
}
