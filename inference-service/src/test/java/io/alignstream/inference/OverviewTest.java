package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.inference.ChatApi.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.training.Lineage;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the flow does, told by its topics at a real broker, and drawn. */
@QuarkusTest
class OverviewTest extends ServiceTest {

    private static final Path PICTURES = Path.of("target", "pictures");

    private final String unique = UUID.randomUUID().toString().substring(0, 8);

    @Test
    void theTopicsTellWhatTheFlowDoes() {
        // Given
        chain();
        topics.publish(
                Topic.TRAINING_PROGRESS,
                new TrainingProgress(Stage.REWARD, "next-" + unique, "train", 3, 12, 90, Map.of("loss", 0.5)));

        // When
        JsonNode overview = awaitOverview();

        // Then
        assertThat(overview.path("path").findValuesAsText("run"))
                .containsExactly(
                        "sft-" + unique,
                        "reward-" + unique,
                        TinyModel.release(APPROVED, first).run());
        JsonNode reward = find(overview.path("stages"), "stage", "reward");
        assertThat(reward.path("state").asText()).isEqualTo("running");
        assertThat(reward.path("step").asInt()).isEqualTo(3);
        assertThat(reward.path("etaSeconds").asDouble()).isBetween(1.0, 90.0);
        assertThat(find(overview.path("topics"), "name", "checkpoints")
                        .path("records")
                        .asInt())
                .isGreaterThanOrEqualTo(3);
        // how far a service has read is told from time to time
        await().atMost(PATIENCE)
                .until(() -> find(json(api.get("/overview").body()).path("topics"), "name", "model-releases")
                        .path("lag")
                        .has("inference-service"));
        assertThat(overview.path("releases").path(0).path("served").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"en, 1200, false", "zh, 390, true"})
    void thePageDrawsItForEverybody(String language, int width, boolean dark) throws IOException {
        // Given
        chain();
        awaitOverview();
        try (Chromium browser = Chromium.start()) {
            browser.show(width, 1600, dark);

            // When
            browser.open(address.resolve("/?language=" + language).toString());
            browser.await("document.querySelectorAll('#path li').length >= 3");

            // Then
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("overview-" + language + ".png"), browser.picture());
            assertThat(browser.value("document.querySelectorAll('#flow > li').length")
                            .asInt())
                    .isEqualTo(6);
            assertThat(browser.value("document.querySelectorAll('#releases > li').length")
                            .asInt())
                    .isPositive();
            assertThat(browser.hindrances()).isEmpty();
            assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                    .isLessThanOrEqualTo(width);
        }
    }

    @Test
    void theStagesOwnPageIsBesideIt() {
        // When
        String page = api.get("/stage").body();

        // Then
        assertThat(page).contains("data-stage=\"inference\"", "served-view.js");
        assertThat(api.get("/").body()).contains("overview-view.js");
    }

    /** A served model with its parents, as their stages announce them. */
    private void chain() {
        Checkpoint sft = announce(Stage.SFT, "sft-" + unique, reference("sft"), Map.of());
        Checkpoint reward =
                announce(Stage.REWARD, "reward-" + unique, reference("reward"), Map.of(Lineage.SFT, sft.reference()));
        announce(
                Stage.RLHF,
                TinyModel.release(APPROVED, first).run(),
                first,
                Map.of(Lineage.SFT, sft.reference(), Lineage.REWARD, reward.reference()));
        withdrawAll();
        serve(first);
    }

    private Checkpoint announce(Stage stage, String run, Reference reference, Map<String, Reference> parents) {
        Checkpoint model = new Checkpoint(
                stage, run, 40, reference, parents, List.of(), Map.of("pairAccuracy", 0.7, "winRate", 0.8));
        topics.publish(Topic.CHECKPOINTS, model);
        return model;
    }

    private Reference reference(String name) {
        return new Reference(URI.create("file:/nowhere/" + name + unique), Sha256.hex(name + unique), 1);
    }

    private JsonNode awaitOverview() {
        await().atMost(PATIENCE).until(() -> json(api.get("/overview").body())
                .path("path")
                .findValuesAsText("run")
                .contains("reward-" + unique));
        return json(api.get("/overview").body());
    }

    private static JsonNode find(JsonNode list, String field, String value) {
        for (JsonNode entry : list) {
            if (entry.path(field).asText().equals(value)) {
                return entry;
            }
        }
        throw new AssertionError("no " + field + " " + value + " in " + list);
    }
}
