package io.alignstream.sft;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.training.TrainingRuns;
import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(SftServiceTest.Tiny.class)
class SftServiceTest {

    /** Few conversations, and a store of its own. */
    public static final class Tiny implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = FreshStore.settings();
            settings.put("alignstream.sft.epochs", "8");
            settings.put("alignstream.sft.batch-instructions", "8");
            settings.put("alignstream.sft.held-out-share", "0.1");
            settings.put("alignstream.sft.validate-every", "5");
            settings.put("alignstream.sft.checkpoint-every", "7");
            settings.put("alignstream.sft.debounce", "PT0.3S");
            settings.put("alignstream.sft.new-instructions", "3");
            return settings;
        }
    }

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final List<Instruction> INSTRUCTIONS = TinyInstructions.all();

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @Inject
    CheckpointStore store;

    @Inject
    SftConfig config;

    @TempDir
    private Path folder;

    @Test
    void tunesEveryBaseModelLeavesPoisonOutResumesAndTunesAgainOnChangedInstructions() throws IOException {
        try (TopicProbe topics = new TopicProbe(broker)) {
            // Given
            topics.publish(Topic.INSTRUCTIONS, withAnswer("replaced", "外滩"));
            topics.publish(Topic.INSTRUCTIONS, withAnswer("withdrawn", "长城"));
            INSTRUCTIONS.forEach(instruction -> topics.publish(Topic.INSTRUCTIONS, instruction));
            topics.publishText(Topic.INSTRUCTIONS, "poison", "not JSON");
            topics.publish(Topic.INSTRUCTIONS, withAnswer("replaced", "西湖"));
            topics.publishTombstone(Topic.INSTRUCTIONS, "withdrawn");
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(topics.records(Topic.INSTRUCTIONS.deadLetters())).hasSize(1);
                given().get("/job").then().body("reason.text", equalTo("waiting for a base model"));
            });

            // When
            Reference base = publishBase(topics);
            await().atMost(PATIENCE).until(() -> given().get("/job").jsonPath().getLong("step") >= 5);
            given().post("/job/pause").then().statusCode(202);
            await().atMost(PATIENCE)
                    .until(() ->
                            given().get("/job").jsonPath().getString("state").equals("paused"));
            given().post("/job/resume").then().statusCode(202);
            Checkpoint first = checkpoint(topics, 1);

            // Then
            assertThat(first.parents()).containsEntry("base", base);
            assertThat(first.metrics()).containsKeys("loss", "validationLoss", "conversations");
            StoredCheckpoint stored = store.open(first.reference());
            assertThat(stored.manifest().complete()).isTrue();
            assertThat(stored.manifest().datasets()).isEqualTo(first.datasets());
            assertThat(modelSha256(stored.manifest())).isEqualTo(modelSha256(undisturbed(base)));
            await().atMost(PATIENCE).untilAsserted(() -> given().get("/sft")
                    .then()
                    .body("instructions", equalTo(INSTRUCTIONS.size() + 1))
                    .body("changedInstructions", equalTo(0))
                    .body("model.run", equalTo(first.run())));
            given().get("/").then().statusCode(200).body(containsString("Instructions and SFT model"));

            // When
            topics.publish(Topic.INSTRUCTIONS, withAnswer("new 1", "外滩"));
            topics.publish(Topic.INSTRUCTIONS, withAnswer("new 2", "外滩"));
            topics.publish(Topic.INSTRUCTIONS, withAnswer("new 3", "外滩"));
            Checkpoint second = checkpoint(topics, 2);

            // Then
            assertThat(second.parents()).containsEntry("base", base);
            assertThat(second.run()).isNotEqualTo(first.run());
            await().atMost(PATIENCE).untilAsserted(() -> given().get("/job")
                    .then()
                    .body("reason.text", containsString("the model is up to date: 0 of 3")));
        }
    }

    private static Instruction withAnswer(String id, String answer) {
        return new Instruction(id, List.of(Message.user("哪里好玩")), List.of(answer), Map.of());
    }

    private Reference publishBase(TopicProbe topics) throws IOException {
        Reference reference =
                store.save(Manifest.draft(Stage.PRETRAIN, "tiny", 1).withComplete(true), TinyInstructions::writeBase);
        topics.publish(
                Topic.CHECKPOINTS, new Checkpoint(Stage.PRETRAIN, "tiny", 1, reference, Map.of(), List.of(), Map.of()));
        return reference;
    }

    /** The {@code count}th checkpoint after the base's. */
    private static Checkpoint checkpoint(TopicProbe topics, int count) {
        await().atMost(PATIENCE).until(() -> topics.events(Topic.CHECKPOINTS).size() == count + 1);
        return topics.events(Topic.CHECKPOINTS).getLast();
    }

    /** The same run, never paused. */
    private Manifest undisturbed(Reference base) throws IOException {
        List<Instruction> all = new ArrayList<>(INSTRUCTIONS);
        all.add(withAnswer("replaced", "西湖"));
        try (CheckpointStore other = CheckpointStore.open(folder.toUri(), folder)) {
            SftSettings settings = config.settings();
            Reference checkpoint = new SftLoop(
                            settings,
                            store.open(base).folder(),
                            all,
                            new TrainingRuns(other, Stage.SFT).of(Map.of(), List.of(), settings.hyperparameters()),
                            (step, totalSteps, metrics) -> {})
                    .run()
                    .orElseThrow()
                    .checkpoint();
            return other.open(checkpoint).manifest();
        }
    }

    private static String modelSha256(Manifest manifest) {
        return Objects.requireNonNull(manifest.files().get("model.safetensors")).sha256();
    }
}
