package io.alignstream.training.card;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.training.Lineage;
import io.alignstream.training.card.CardReader.DataSource;
import io.alignstream.training.card.Limits.AnswerShares;
import io.alignstream.training.card.Limits.Bias;
import io.alignstream.training.card.Limits.Knowledge;
import io.alignstream.training.effort.Effort;
import io.alignstream.training.effort.EffortLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A release with a chain of manifests that are really there, from its card back to what stands in each of them. */
class ModelCardTest {

    private static final CarbonEstimate.Assumptions ASSUMED = new CarbonEstimate.Assumptions(10, 0, 500);
    private static final DatasetSnapshot DOCUMENTS = range(Topic.CLEAN_DOCUMENTS);
    private static final DatasetSnapshot PROMPTS = range(Topic.PROMPTS);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private CheckpointStore store;

    private final DataSource source = snapshot -> {
        if (snapshot.topic().equals(Topic.PROMPTS.name())) {
            throw new InvalidInputException(Reason.of("stage.otherRecords").with("topic", snapshot.topic()));
        }
        DataFacts.Collector collector = new DataFacts.Collector();
        collector.add(
                new CleanDocument(
                        "1",
                        "成都 <EMAIL>",
                        "al|manac",
                        Map.of("date", "2024-05-06", "license", "cc0-1.0"),
                        "ab".repeat(32),
                        9),
                Instant.parse("2026-01-02T12:00:00Z"));
        return collector.facts(true);
    };

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aReleaseIsDescribedFromItsManifests() throws IOException {
        // Given
        Reference aligned = chain();
        new EffortLog(store, Stage.SFT, "sft-1").add(store.claim(Stage.SFT, "sft-1"), new Effort(3600, 7200, 0, 0, 0));

        // When
        ModelCard card = reader("apache-2.0").card(release(aligned));

        // Then
        assertThat(card.runs())
                .extracting(ModelCard.Run::stage)
                .containsExactly(Stage.RLHF, Stage.SFT, Stage.TOKENIZER);
        assertThat(card.newestDate()).isEqualTo("2024-05-06");
        assertThat(card.lastPublished()).isEqualTo("2026-01-02T12:00:00Z");
        assertThat(Objects.requireNonNull(card.size()).layers()).isEqualTo(2);
        ModelCard.Release release = Objects.requireNonNull(card.release());
        assertThat(release.gate()).containsOnlyKeys("winRate");
        assertThat(release.safety()).containsOnlyKeys("heldOut/refusals");
        CarbonEstimate carbon = Objects.requireNonNull(card.carbon());
        assertThat(carbon.kilowattHours()).isEqualTo(0.02);
        assertThat(carbon.kilograms()).isEqualTo(0.01);
        assertThat(card.data())
                .extracting(data -> data.problem() == null ? "" : data.problem().code())
                .containsExactly("", "stage.otherRecords");
    }

    @Test
    void theReadmeIsFrontMatterAndMarkdownOfTheSame() throws IOException {
        // Given
        ModelCard card = reader("apache-2.0").card(release(chain()));

        // When
        String readme = MarkdownCard.of(card, Language.ENGLISH);

        // Then: what people have written stays text
        assertThat(readme)
                .startsWith("---\nlanguage:\n- \"zh\"\nlicense: \"apache-2.0\"\n")
                .contains("pipeline_tag: \"text-generation\"", "- type: \"winRate\"\n      value: 0.75")
                .contains("al\\|manac", "| e-mail addresses | 1 |", "2024-05-06", "cc0-1.0")
                .contains("approved by the gate: reads &lt;well>")
                .contains("./alignstream evaluate limits");
        assertThat(MarkdownCard.of(card, Language.CHINESE)).contains("## 数据与知识截止时间");
    }

    @Test
    void whatNobodySaidIsSaidToBeMissing() throws IOException {
        // Given: a model with no parents, of which nothing was counted and decided
        Reference model = store.save(Manifest.draft(Stage.SFT, "alone", 1).withComplete(true), files -> {});

        // When
        ModelCard card = reader(" ").card(model);
        String readme = MarkdownCard.of(card, Language.ENGLISH);

        // Then
        assertThat(card.carbon()).isNull();
        assertThat(readme)
                .doesNotContain("license:", "language:", "model-index:")
                .contains("| Licence | not stated |", "| Size | not known |", "nobody has counted the hours")
                .contains("it did not come to the gate", "The runs name no data");
    }

    @Test
    void whatWasMeasuredLastStandsInTheCard() throws IOException {
        // Given
        Reference aligned = chain();
        Measurements measurements = new Measurements(store);
        measurements.keep(aligned, Limits.KIND, limits(1));
        measurements.keep(aligned, Limits.KIND, limits(2));

        // When
        ModelCard card = reader("").card(release(aligned));

        // Then: the model's own manifest is as it was
        assertThat(card.limits()).isEqualTo(limits(2));
        assertThat(MarkdownCard.of(card, Language.ENGLISH))
                .contains("| withheld from the data | 4 | 0 % | 25 % | 75 % |")
                .contains("| gender | 他 / 她 | 8 | 25 % | 0.125 | -0.1 to 0.35 |");
        assertThat(store.manifests(Stage.RLHF, "rlhf-1")).containsOnlyKeys(aligned);
    }

    @Test
    void aCardIsJsonForPrograms() throws IOException {
        // Given
        ModelCard card = reader("").card(release(chain()));

        // When
        JsonNode json = new JsonMapper().valueToTree(card);
        JsonNode sections = new JsonMapper().valueToTree(CardSections.of(card));

        // Then
        assertThat(json.path("newestDate").asText()).isEqualTo("2024-05-06");
        assertThat(json.path("runs").path(0).path("figures").path("loss").asDouble())
                .isEqualTo(1.5);
        assertThat(sections.findValuesAsText("title")).startsWith("card.section.model", "card.section.data");
    }

    private static Limits limits(long seed) {
        return new Limits(
                seed,
                List.of(new AnswerShares(Knowledge.KNOWN, 4, 4, 0, 0), new AnswerShares(Knowledge.UNKNOWN, 4, 0, 1, 3)),
                Calibration.of(new double[] {0.9}, new boolean[] {true}),
                List.of(new Bias("gender", "他", "她", 8, 2, 0.125, -0.1, 0.35)));
    }

    private CardReader reader(String licence) {
        return new CardReader(store, source, licence, ASSUMED);
    }

    private Reference chain() throws IOException {
        Reference tokenizer = save(Stage.TOKENIZER, "tokenizer-1", Map.of(), DOCUMENTS);
        Reference sft = save(Stage.SFT, "sft-1", Map.of(Lineage.TOKENIZER, tokenizer), PROMPTS);
        return save(Stage.RLHF, "rlhf-1", Map.of(Lineage.SFT, sft), range(Topic.PROMPTS, 0));
    }

    private Reference save(Stage stage, String run, Map<String, Reference> parents, DatasetSnapshot data)
            throws IOException {
        return store.save(
                Manifest.draft(stage, run, 7)
                        .withComplete(true)
                        .withParents(parents)
                        .withDatasets(List.of(data))
                        .withMetrics(Map.of("loss", 1.5)),
                files -> TransformerConfig.of(300, 2, 32, 16).save(files, new int[] {1}, 0));
    }

    private static DatasetSnapshot range(Topic<?> topic) {
        return range(topic, 5);
    }

    private static DatasetSnapshot range(Topic<?> topic, long end) {
        return new DatasetSnapshot(topic.name(), List.of(new PartitionRange(0, 0, end)));
    }

    private static ModelRelease release(Reference model) {
        return new ModelRelease(
                "alignstream",
                ModelRelease.Verdict.APPROVED,
                model,
                "rlhf-1",
                Map.of("winRate", 0.75, "heldOut/refusals", 1.0),
                "reads <well>");
    }
}
