package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.training.Lineage;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a served answer back to the documents, over a chain of checkpoints and topic ranges that are really there. */
@QuarkusTest
class LineageTest extends ServiceTest {

    private static final Path PICTURES = Path.of("target", "pictures");

    private final String unique = UUID.randomUUID().toString().substring(0, 8);

    @Test
    void anAnswerLeadsToModelsRankingsInstructionsAndDocuments() throws IOException {
        // Given
        Reference aligned = serveChain();
        String response = answered();

        // When
        JsonNode lineage = json(api.get("/v1/lineage/" + response).body());

        // Then
        assertThat(lineage.path("exchange")
                        .path("messages")
                        .path(0)
                        .path("content")
                        .asText())
                .isEqualTo("Hi");
        assertThat(lineage.path("release").path("verdict").asText()).isEqualTo("approved");
        assertThat(lineage.path("release").path("decidedBy").asText()).isEqualTo("Ada");
        assertThat(lineage.path("release").path("figures").path("winRate").asDouble())
                .isEqualTo(0.75);
        assertThat(lineage.path("models").findValuesAsText("stage"))
                .containsExactly("rlhf", "reward", "sft", "pretrain", "tokenizer");
        assertThat(lineage.path("models").path(0).path("sha256").asText()).isEqualTo(aligned.sha256());
        JsonNode rankings = dataset(lineage, 1);
        assertThat(rankings.path("counts").path("events").asInt()).isEqualTo(3);
        assertThat(largest(rankings, "annotator").toString()).isEqualTo("{\"ann\":2,\"bob\":1}");
        assertThat(largest(rankings, "guideline").toString()).isEqualTo("{\"v1\":2,\"v2\":1}");
        assertThat(largest(dataset(lineage, 2), "source").toString()).isEqualTo("{\"hand-written\":1,\"test\":1}");
        assertThat(dataset(lineage, 3).path("counts").isNull()).isTrue();
        assertThat(largest(dataset(lineage, 4), "source").toString()).isEqualTo("{\"almanac\":2}");
    }

    @Test
    void aModelWhoseFilesWereRemovedIsStillPartOfALineage() throws IOException {
        // Given
        serveChain();
        String response = answered();
        Reference base = store.manifests(Stage.PRETRAIN, "pretrain-" + unique)
                .firstEntry()
                .getKey();
        Lease lease = store.claimIdle(Stage.PRETRAIN, "pretrain-" + unique, Instant.MAX)
                .orElseThrow();

        // When
        store.remove(lease, base, Set.of("model.txt"));

        // Then
        JsonNode lineage = json(api.get("/v1/lineage/" + response).body());
        assertThat(lineage.path("models").findValuesAsText("stage"))
                .containsExactly("rlhf", "reward", "sft", "pretrain", "tokenizer");
        JsonNode problem = lineage.path("models").path(3).path("problem");
        assertThat(problem.path("code").asText()).isEqualTo("lineage.filesRemoved");
        assertThat(problem.path("text").asText()).contains("were removed by retention on 2");
        assertThat(lineage.path("models").path(3).path("figures").path("loss").asDouble())
                .isEqualTo(1.5);
    }

    @Test
    void everyPartOfALineageCanBeSeen() throws IOException {
        // Given
        Reference aligned = serveChain();
        JsonNode lineage = json(api.get("/v1/lineage/" + answered()).body());

        // When
        JsonNode manifest = json(
                api.get("/" + lineage.path("models").path(0).path("manifest").asText())
                        .body());
        JsonNode events =
                json(api.get("/" + dataset(lineage, 1).path("events").asText()).body());

        // Then
        assertThat(manifest.path("parents").path("reward").path("sha256").asText())
                .isEqualTo(lineage.path("models").path(1).path("sha256").asText());
        assertThat(manifest.path("run").asText())
                .isEqualTo(store.manifest(aligned).run());
        assertThat(events.path("first").findValuesAsText("annotator"))
                .containsExactlyInAnyOrder("ann", "ann", "ann", "bob");
    }

    @Test
    void whatOneModelLearnedFromIsNoPartOfAnothersLineage() throws IOException {
        // Given
        serveChain();
        String response = answered();

        // When
        HttpResponse<String> other = api.get("/v1/lineage/" + response + "/manifests/" + first.sha256());

        // Then
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(json(other.body()).path("error").path("code").asText()).isEqualTo("lineage.notPart");
    }

    @Test
    void theIdAloneSaysWhichModelAnsweredHoweverLongAgo() throws IOException {
        // Given: an id that this instance does not remember, as after a restart
        Reference aligned = serveChain();
        String response = ResponseId.next(ResponseId.Kind.CHAT, aligned.sha256());

        // When
        JsonNode lineage = json(api.get("/v1/lineage/" + response).body());

        // Then
        assertThat(lineage.path("exchange").isNull()).isTrue();
        assertThat(lineage.path("models").path(0).path("sha256").asText()).isEqualTo(aligned.sha256());
    }

    @ParameterizedTest
    @CsvSource({"chatcmpl-0", "chatcmpl-ffffffffffff0123456789abcdef0123", "nonsense"})
    void aResponseOfNoKnownModelIsNotFound(String id) {
        // When
        HttpResponse<String> answer = api.get("/v1/lineage/" + id);

        // Then
        assertThat(answer.statusCode()).isEqualTo(404);
        JsonNode error = json(answer.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("lineage.unknown");
        assertThat(error.path("arguments").path("id").asText()).isEqualTo(id);
    }

    @Test
    void aModelWhoseManifestIsGoneEndsTheLineageWithAReason() throws IOException {
        // Given
        Reference gone = new Reference(first.uri().resolve("../gone/0000000001-" + "ab".repeat(6)), "ab".repeat(32), 1);
        Reference aligned = TinyModel.save(store, 3, Map.of(Lineage.SFT, gone), List.of());
        serve(aligned);

        // When
        JsonNode sft =
                json(api.get("/v1/lineage/" + answered()).body()).path("models").path(1);

        // Then
        assertThat(sft.path("stage").asText()).isEqualTo("sft");
        assertThat(sft.path("problem").path("code").asText()).isEqualTo("lineage.noManifest");
    }

    @Test
    void whatTheBrokerGivesNoAnswerAboutIsSaidToBeUnreachable() throws IOException {
        // Given: a range of a partition that is not there
        DatasetSnapshot range = new DatasetSnapshot(Topic.PROMPTS.name(), List.of(new PartitionRange(99, 0, 1)));
        Reference aligned = TinyModel.save(store, unique.hashCode(), Map.of(), List.of(range));
        serve(aligned);

        // When
        HttpResponse<String> events = api.get("/v1/lineage/" + ResponseId.next(ResponseId.Kind.CHAT, aligned.sha256())
                + "/datasets/" + aligned.sha256() + "/" + Topic.PROMPTS.name());

        // Then
        assertThat(events.statusCode()).isEqualTo(503);
        assertThat(json(events.body()).path("error").path("code").asText()).isEqualTo("lineage.unreachable");
    }

    @ParameterizedTest
    @CsvSource({"en, 1100, false", "zh, 390, true"})
    void thePageDrawsTheLineageForEverybody(String language, int width, boolean dark) throws IOException {
        // Given
        serveChain();
        String response = answered();
        try (Chromium browser = Chromium.start()) {
            browser.show(width, 1500, dark);

            // When
            browser.open(address.resolve("/lineage?language=" + language + "&response=" + response)
                    .toString());
            browser.await("document.querySelectorAll('#arrows path').length > 0");

            // Then: straight arrows to the next row, and those of aligned → SFT, aligned → tokenizer
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("lineage-" + language + ".png"), browser.picture());
            assertThat(browser.value("document.querySelectorAll('#rows > li').length")
                            .asInt())
                    .isEqualTo(6);
            assertThat(browser.value("document.querySelectorAll('#arrows path').length")
                            .asInt())
                    .isEqualTo(7);
            assertThat(browser.value("document.body.innerText").asText()).contains("ann", "almanac", "Ada");
            assertThat(browser.hindrances()).isEmpty();
            assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                    .isLessThanOrEqualTo(width);
        }
    }

    @Test
    void theChatLinksEachAnswerToItsLineage() throws IOException {
        // Given
        serve(first);
        try (Chromium browser = Chromium.start()) {
            browser.open(address.resolve("/chat?language=en").toString());
            browser.await("document.querySelector('#model').className === 'served'");

            // When
            browser.type("Hi");
            browser.press("Enter");
            browser.await("document.querySelector('.verdict:not([hidden]) .origin') !== null");

            // Then
            String address = browser.value("document.querySelector('.verdict .origin').href")
                    .asText();
            assertThat(address).contains("/lineage?response=chatcmpl-" + first.shortSha256());
        }
    }

    private static JsonNode dataset(JsonNode lineage, int model) {
        return lineage.path("models").path(model).path("datasets").path(0);
    }

    private static JsonNode largest(JsonNode dataset, String label) {
        return dataset.path("counts").path("by").path(label).path("largest");
    }

    private String answered() {
        HttpResponse<String> response = api.post(question("Hi", ""));
        if (response.statusCode() != 200) {
            throw new IllegalStateException("no answer but " + response.body());
        }
        return json(response.body()).path("id").asText();
    }

    /** Serves a model with parents back to the documents, approved by Ada. */
    private Reference serveChain() throws IOException {
        Reference tokenizer =
                save(Stage.TOKENIZER, Map.of(), publish(Topic.DOCUMENTS, List.of(document("one"), document("two"))));
        Reference base = save(
                Stage.PRETRAIN,
                Map.of(Lineage.TOKENIZER, tokenizer),
                new DatasetSnapshot(Topic.TOKEN_BATCHES.name(), List.of(new PartitionRange(0, 0, 7))));
        Reference sft = save(
                Stage.SFT,
                Map.of(Lineage.BASE, base),
                publish(
                        Topic.INSTRUCTIONS,
                        List.of(instruction("one", Map.of("source", "hand-written")), instruction("two", Map.of()))));
        Reference reward = save(
                Stage.REWARD,
                Map.of(Lineage.SFT, sft),
                publish(
                        Topic.RANKINGS,
                        List.of(
                                ranking("one", "ann", "v1"),
                                ranking("one", "bob", "v1"),
                                ranking("two", "ann", "v1"),
                                ranking("two", "ann", "v2"))));
        Reference aligned = TinyModel.save(
                store,
                unique.hashCode(),
                Map.of(Lineage.SFT, sft, Lineage.REWARD, reward, Lineage.TOKENIZER, tokenizer),
                List.of());
        topics.publish(
                Topic.MODEL_RELEASES,
                TinyModel.release(APPROVED, aligned).decided(ModelRelease.Verdict.APPROVED, "Ada", "reads well"));
        awaitServed(aligned);
        return aligned;
    }

    private Reference save(Stage stage, Map<String, Reference> parents, DatasetSnapshot dataset) throws IOException {
        Manifest draft = Manifest.draft(stage, stage.id() + "-" + unique, 10)
                .withComplete(true)
                .withParents(parents)
                .withDatasets(List.of(dataset))
                .withMetrics(Map.of("loss", 1.5));
        return store.save(draft, folder -> Files.writeString(folder.resolve("model.txt"), stage.id()));
    }

    private <T> DatasetSnapshot publish(Topic<T> topic, List<T> events) {
        List<RecordMetadata> places = new ArrayList<>();
        events.forEach(event -> places.add(topics.publish(topic, event)));
        Map<Integer, PartitionRange> ranges = new TreeMap<>();
        places.forEach(place -> ranges.merge(
                place.partition(),
                new PartitionRange(place.partition(), place.offset(), place.offset() + 1),
                (before, next) -> new PartitionRange(before.partition(), before.begin(), next.end())));
        return new DatasetSnapshot(topic.name(), List.copyOf(ranges.values()));
    }

    private Document document(String id) {
        return new Document(id + unique, "A text.", "almanac", Map.of());
    }

    private Instruction instruction(String id, Map<String, String> tags) {
        return new Instruction(id + unique, List.of(Message.user("Which?")), List.of("This."), tags);
    }

    private Ranking ranking(String request, String annotator, String guideline) {
        return new Ranking(
                request + unique, annotator, List.of(List.of(0), List.of(1)), List.of(), List.of(), guideline);
    }
}
