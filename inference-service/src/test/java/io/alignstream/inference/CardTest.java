package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.inference.ChatApi.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.training.Lineage;
import io.alignstream.training.card.Calibration;
import io.alignstream.training.card.Limits;
import io.alignstream.training.card.Limits.AnswerShares;
import io.alignstream.training.card.Limits.Bias;
import io.alignstream.training.card.Limits.Knowledge;
import io.alignstream.training.card.Measurements;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The card of a release, over checkpoints and a topic range that are really there. */
@QuarkusTest
class CardTest extends ServiceTest {

    private static final Path PICTURES = Path.of("target", "pictures");

    private final String unique = UUID.randomUUID().toString().substring(0, 8);

    @Test
    void aReleaseHasACardOfItsManifestsAndData() throws IOException {
        // Given
        String run = release();

        // When
        JsonNode shown = json(api.get("/cards/" + run).body());

        // Then
        JsonNode card = shown.path("card");
        assertThat(card.path("runs").findValuesAsText("stage")).containsExactly("rlhf", "sft", "tokenizer");
        assertThat(card.path("release").path("decidedBy").asText()).isEqualTo("Ada");
        assertThat(card.path("newestDate").asText()).isEqualTo("2024-05-06");
        assertThat(card.path("size").path("parameters").asLong()).isPositive();
        assertThat(card.path("data")
                        .path(0)
                        .path("facts")
                        .path("masked")
                        .path("largest")
                        .path("email")
                        .asInt())
                .isEqualTo(1);
        assertThat(shown.path("sections").findValuesAsText("title")).startsWith("card.section.model");
        assertThat(json(api.get("/cards").body()).findValuesAsText("run")).contains(run);
    }

    @Test
    void theReadmeIsInTheLanguageThatIsAskedFor() throws IOException {
        // Given
        String run = release();

        // When
        HttpResponse<String> readme = api.get("/cards/" + run + "/README.md?language=zh");

        // Then
        assertThat(readme.headers().firstValue("Content-Type").orElse("")).startsWith("text/markdown");
        assertThat(readme.body()).startsWith("---\n").contains("## 模型不知道什么", "almanac-" + unique);
    }

    @Test
    void whatIsNoReleaseHasNoCard() {
        // When
        HttpResponse<String> answer = api.get("/cards/nobody");

        // Then
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(json(answer.body()).path("error").path("code").asText()).isEqualTo("card.unknown");
    }

    @ParameterizedTest
    @CsvSource({"en, 1100, false", "zh, 390, true"})
    void thePageShowsTheCardToEverybody(String language, int width, boolean dark) throws IOException {
        // Given
        String run = release();
        try (Chromium browser = Chromium.start()) {
            browser.show(width, 2600, dark);

            // When
            browser.open(address.resolve("/card?language=" + language + "&run=" + run)
                    .toString());
            browser.await("document.querySelectorAll('#card figure .bar').length > 0");

            // Then
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("card-" + language + ".png"), browser.picture());
            assertThat(browser.value("document.querySelectorAll('#card section').length")
                            .asInt())
                    .isEqualTo(9);
            assertThat(browser.value("document.querySelector('#release').value").asText())
                    .isEqualTo(run);
            assertThat(browser.value("document.body.innerText").asText()).contains("almanac-" + unique, "Ada", "他 / 她");
            assertThat(browser.hindrances()).isEmpty();
            assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                    .isLessThanOrEqualTo(width);
        }
    }

    /** Publishes a release with parents, data and a measurement, approved by Ada. */
    private String release() throws IOException {
        CleanDocument document = new CleanDocument(
                "d" + unique,
                "成都在四川。<EMAIL>",
                "almanac-" + unique,
                Map.of("date", "2024-05-06", "language", "zh"),
                "ab".repeat(32),
                12);
        RecordMetadata place = topics.publish(Topic.CLEAN_DOCUMENTS, document);
        Reference tokenizer = save(
                Stage.TOKENIZER,
                Map.of(),
                List.of(new DatasetSnapshot(
                        Topic.CLEAN_DOCUMENTS.name(),
                        List.of(new PartitionRange(place.partition(), place.offset(), place.offset() + 1)))));
        Reference sft = save(Stage.SFT, Map.of(Lineage.TOKENIZER, tokenizer), List.of());
        Reference aligned = TinyModel.save(store, unique.hashCode(), Map.of(Lineage.SFT, sft), List.of());
        new Measurements(store)
                .keep(
                        aligned,
                        Limits.KIND,
                        new Limits(
                                1,
                                List.of(
                                        new AnswerShares(Knowledge.KNOWN, 8, 7, 1, 0),
                                        new AnswerShares(Knowledge.UNKNOWN, 8, 0, 2, 6)),
                                Calibration.of(
                                        new double[] {0.95, 0.92, 0.41, 0.68}, new boolean[] {true, true, false, true}),
                                List.of(new Bias("gender", "他", "她", 8, 2, 0.125, -0.1, 0.35))));
        ModelRelease release =
                TinyModel.release(APPROVED, aligned).decided(ModelRelease.Verdict.APPROVED, "Ada", "reads well");
        topics.publish(Topic.MODEL_RELEASES, release);
        awaitServed(aligned);
        return release.run();
    }

    private Reference save(Stage stage, Map<String, Reference> parents, List<DatasetSnapshot> data) throws IOException {
        return store.save(
                Manifest.draft(stage, stage.id() + "-" + unique, 10)
                        .withComplete(true)
                        .withParents(parents)
                        .withDatasets(data)
                        .withMetrics(Map.of("loss", 1.5)),
                folder -> Files.writeString(folder.resolve("model.txt"), stage.id()));
    }
}
