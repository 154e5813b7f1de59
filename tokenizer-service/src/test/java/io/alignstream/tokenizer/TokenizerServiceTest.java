package io.alignstream.tokenizer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;

import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole service on a real broker: documents in, a tokenizer and token batches out. */
@QuarkusTest
@TestProfile(TokenizerServiceTest.OwnFolder.class)
@QuarkusTestResource(value = KafkaBroker.class, restrictToAnnotatedClass = true)
class TokenizerServiceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String EXAMPLE = "今天来上海出差了。我在外滩喝咖啡。这里的风景很美。";

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String address;

    private TopicProbe topics;

    /** Store and state in a new folder. */
    public static class OwnFolder implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                Path folder = Files.createTempDirectory("tokenizer-service");
                return Map.of(
                        "alignstream.store.root",
                                folder.resolve("store").toUri().toString(),
                        "alignstream.tokenizer.state-dir",
                                folder.resolve("state").toString(),
                        "alignstream.tokenizer.cleaning.profile", "exact",
                        "alignstream.tokenizer.vocabulary-size", "500",
                        "alignstream.tokenizer.sequence-length", "32",
                        "alignstream.tokenizer.batch-sequences", "8");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @BeforeEach
    void open() {
        topics = new TopicProbe(address);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void learnsATokenizerWhenAskedAndPacksWithItFromThenOn() {
        // Given
        split(EXAMPLE).then().statusCode(409).body("error.text", containsString("no tokenizer yet"));
        IntStream.range(0, 300).forEach(i -> topics.publish(Topic.DOCUMENTS, document(i)));
        topics.publish(Topic.DOCUMENTS, document(7));
        topics.publishText(Topic.DOCUMENTS, "poison", "not JSON");

        // When
        given().post("/job/trigger").then().statusCode(202);

        // Then
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(topics.events(Topic.TOKENIZERS)).hasSize(1));
        TrainedTokenizer tokenizer = topics.events(Topic.TOKENIZERS).getFirst();
        assertThat(tokenizer.documents().partitions()).hasSize(1);
        PartitionRange range = tokenizer.documents().partitions().getFirst();
        var last = topics.records("clean-documents").getLast();
        assertThat(range).isEqualTo(new PartitionRange(0, 0, last.offset() + 1));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.TOKEN_BATCHES))
                .anyMatch(TokenBatch::endOfSnapshot)
                .allMatch(batch -> batch.tokenizerSha256().equals(tokenizer.sha256()))
                .allMatch(batch -> batch.sequenceLength() == 32));
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/documents/outcomes")
                .then()
                .statusCode(200)
                .body("find { it.outcome == 'kept' }.documents", equalTo(300))
                .body("find { it.outcome == 'duplicate' }.documents", equalTo(1))
                .body("find { it.outcome == 'poison' }.documents", equalTo(1))
                .body("find { it.outcome == 'empty' }.documents", equalTo(0)));
        given().get("/documents/figures")
                .then()
                .statusCode(200)
                .body("profile", equalTo("exact"))
                .body("languages[0].language", equalTo("zh"))
                .body("languages[0].documents", equalTo(300))
                .body("rules.find { it.rule == 'duplicate' }.samples.size()", equalTo(1))
                .body("rules.find { it.rule == 'duplicate' }.samples[0].id", equalTo("d7"))
                .body("clusters[0].duplicates", equalTo(1));
        given().get("/q/metrics").then().body(containsString("alignstream_documents_total{outcome=\"kept\"} 300.0"));
        given().get("/q/health/ready").then().statusCode(200);

        given().get("/")
                .then()
                .statusCode(200)
                .body(containsString("tokenizer/documents-view.js"), containsString(EXAMPLE));
        given().get("/tokenizer/documents-view.js").then().statusCode(200);
        given().get("/tokenizer/vocabulary-view.js").then().statusCode(200);
        given().get("/vocabulary?search=上海&order=frequency")
                .then()
                .statusCode(200)
                .body("tokens.text", hasItem("上海"), "tokens[0].frequency", greaterThan(300));
        given().get("/vocabulary?order=beauty")
                .then()
                .statusCode(400)
                .body("error.text", containsString("id, frequency, length"));
        Response split = split(EXAMPLE);
        split.then().statusCode(200).body("symbols.size()", greaterThan(24), "steps.size()", greaterThan(3));
        assertThat(split.jsonPath().getList("symbols", Integer.class).stream()
                        .map(id -> split.jsonPath().getString("names.'" + id + "'.text")))
                .containsExactly(EXAMPLE.split(""));

        // When nothing has changed
        given().post("/job/trigger").then().statusCode(202);

        // Then nothing is learned
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/job").then().body("reason.code", equalTo("tokenizer.upToDate")));
        assertThat(topics.events(Topic.TOKENIZERS)).hasSize(1);

        // When a document comes later
        int batches = topics.events(Topic.TOKEN_BATCHES).size();
        IntStream.range(300, 500).forEach(i -> topics.publish(Topic.DOCUMENTS, document(i)));

        // Then it is packed with the tokenizer there is
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.TOKEN_BATCHES))
                .hasSizeGreaterThan(batches));
        assertThat(topics.events(Topic.TOKENIZERS)).hasSize(1);
    }

    @Test
    void refusesTextsWithoutBound() {
        split("x".repeat(2_001)).then().statusCode(400).body("error.text", containsString("2,001 characters"));
        given().contentType("application/json")
                .body("{}")
                .post("/vocabulary/split")
                .then()
                .statusCode(400);
        given().contentType("application/json")
                .body("[")
                .post("/vocabulary/split")
                .then()
                .statusCode(400);
    }

    private static Response split(String text) {
        return given().contentType("application/json")
                .body(Map.of("text", text))
                .post("/vocabulary/split");
    }

    private static Document document(int i) {
        return new Document("d" + i, "第" + i + "天来上海出差。" + EXAMPLE.repeat(i % 3), "test", Map.of());
    }
}
