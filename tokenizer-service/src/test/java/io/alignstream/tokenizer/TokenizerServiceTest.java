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
import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole service on a real broker: documents in, a tokenizer and token batches out. */
@QuarkusTest
@TestProfile(TokenizerServiceTest.Tiny.class)
@QuarkusTestResource(value = KafkaBroker.class, restrictToAnnotatedClass = true)
class TokenizerServiceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String EXAMPLE = "今天来上海出差了。我在外滩喝咖啡。这里的风景很美。";

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String address;

    private TopicProbe topics;

    /** Few tokens, and a store of its own. */
    public static final class Tiny implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = FreshStore.settings();
            settings.put("alignstream.tokenizer.cleaning.profile", "exact");
            settings.put("alignstream.tokenizer.vocabulary-size", "500");
            settings.put("alignstream.tokenizer.sequence-length", "32");
            settings.put("alignstream.tokenizer.batch-sequences", "8");
            return settings;
        }
    }

    /**
     * The newest tokenizer.
     *
     * @param documents how many good ones had been published
     * @param end of the clean documents, which it was learned from
     */
    private record Learned(TrainedTokenizer tokenizer, int documents, long end) {}

    private static @Nullable Learned learned;
    private static int published;

    @BeforeEach
    void open() {
        topics = new TopicProbe(address);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void learnsATokenizerWhenAskedAndPacksWithIt() {
        // When
        Learned newest = learned();

        // Then
        assertThat(newest.tokenizer().documents().partitions()).containsExactly(new PartitionRange(0, 0, newest.end()));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.TOKEN_BATCHES))
                .allMatch(batch -> batch.sequenceLength() == 32)
                .filteredOn(batch ->
                        batch.tokenizerSha256().equals(newest.tokenizer().sha256()))
                .anyMatch(TokenBatch::endOfSnapshot));
        given().get("/q/health/ready").then().statusCode(200);
    }

    @Test
    void tellsWhatBecameOfTheDocuments() {
        // Given
        learned();

        // When
        await().atMost(PATIENCE)
                .until(() ->
                        given().get("/documents/outcomes").jsonPath().getInt("find { it.outcome == 'kept' }.documents")
                                == published);

        // Then
        given().get("/documents/outcomes")
                .then()
                .statusCode(200)
                .body("find { it.outcome == 'duplicate' }.documents", equalTo(1))
                .body("find { it.outcome == 'poison' }.documents", equalTo(1))
                .body("find { it.outcome == 'empty' }.documents", equalTo(0));
        given().get("/documents/figures")
                .then()
                .statusCode(200)
                .body("profile", equalTo("exact"))
                .body("languages[0].language", equalTo("zh"))
                .body("languages[0].documents", equalTo(published))
                .body("rules.find { it.rule == 'duplicate' }.samples.size()", equalTo(1))
                .body("rules.find { it.rule == 'duplicate' }.samples[0].id", equalTo("d7"))
                .body("clusters[0].duplicates", equalTo(1));
        // what cannot be cleaned is looked at and replayed like what cannot be read
        given().get("/dead-letters")
                .then()
                .body("find { it.topic == 'documents' }.key", equalTo("poison"))
                .body("find { it.topic == 'documents' }.replay", equalTo("command"));
        given().get("/q/metrics")
                .then()
                .body(containsString(
                        "alignstream_documents_total{outcome=\"kept\",stage=\"tokenizer\"} " + published + ".0"));
    }

    @Test
    void showsItsVocabularyAndHowATextIsSplit() {
        // Given
        learned();

        // When
        Response split = split(EXAMPLE);

        // Then
        split.then().statusCode(200).body("symbols.size()", greaterThan(24), "steps.size()", greaterThan(3));
        assertThat(split.jsonPath().getList("symbols", Integer.class).stream()
                        .map(id -> split.jsonPath().getString("names.'" + id + "'.text")))
                .containsExactly(EXAMPLE.split(""));
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
    }

    @Test
    void learnsNothingFromTheSameDocuments() {
        // Given: nothing has come since the newest tokenizer
        if (learned().documents() != published) {
            learned = learn();
        }
        int tokenizers = topics.events(Topic.TOKENIZERS).size();

        // When
        given().post("/job/trigger").then().statusCode(202);

        // Then
        await().atMost(PATIENCE)
                .untilAsserted(() -> given().get("/job").then().body("reason.code", equalTo("tokenizer.upToDate")));
        assertThat(topics.events(Topic.TOKENIZERS)).hasSize(tokenizers);
    }

    @Test
    void packsLaterDocumentsWithTheTokenizerThereIs() {
        // Given
        learned();
        int tokenizers = topics.events(Topic.TOKENIZERS).size();
        int batches = topics.events(Topic.TOKEN_BATCHES).size();

        // When
        publish(200);

        // Then
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.events(Topic.TOKEN_BATCHES))
                .hasSizeGreaterThan(batches));
        assertThat(topics.events(Topic.TOKENIZERS)).hasSize(tokenizers);
    }

    @Test
    void theTokenizersThatThereAreSplitTheSameText() {
        // Given
        learned();
        String inUse = given().get("/vocabulary/tokenizers").jsonPath().getString("find { it.inUse }.sha256");

        // When
        Response split = given().contentType("application/json")
                .body(Map.of("text", EXAMPLE, "tokenizer", inUse))
                .post("/vocabulary/split");

        // Then
        split.then().statusCode(200).body("tokenizer", equalTo(inUse));
        given().contentType("application/json")
                .body(Map.of("text", EXAMPLE, "tokenizer", "0".repeat(64)))
                .post("/vocabulary/split")
                .then()
                .statusCode(404)
                .body("error.code", equalTo("refusal.unknownTokenizer"));
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

    /** The newest tokenizer; the first is learned from documents among which are a duplicate and a poison event. */
    private Learned learned() {
        if (learned == null) {
            split(EXAMPLE).then().statusCode(409).body("error.text", containsString("no tokenizer yet"));
            publish(300);
            topics.publish(Topic.DOCUMENTS, document(7));
            topics.publishText(Topic.DOCUMENTS, "poison", "not JSON");
            learned = learn();
        }
        return learned;
    }

    /** Learns from all that was published: not before it is clean, else the next trigger would learn from the rest. */
    private Learned learn() {
        await().atMost(PATIENCE)
                .until(() -> topics.events(Topic.CLEAN_DOCUMENTS).size() == published);
        int known = topics.events(Topic.TOKENIZERS).size();
        given().post("/job/trigger").then().statusCode(202);
        await().atMost(PATIENCE).until(() -> topics.events(Topic.TOKENIZERS).size() > known);
        long end = topics.records("clean-documents").getLast().offset() + 1;
        return new Learned(topics.events(Topic.TOKENIZERS).getLast(), published, end);
    }

    /** Publishes so many documents that nobody has published before. */
    private void publish(int documents) {
        IntStream.range(published, published + documents).forEach(i -> topics.publish(Topic.DOCUMENTS, document(i)));
        published += documents;
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
