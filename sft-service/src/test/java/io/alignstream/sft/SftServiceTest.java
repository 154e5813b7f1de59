package io.alignstream.sft;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.notNullValue;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRuns;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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

    private TopicProbe topics;

    /**
     * The first model, whose run was paused once; and what was seen before there was a base model.
     *
     * @param refused number of instructions in the dead letters
     */
    private record First(int refused, Reference base, Checkpoint checkpoint) {}

    private static @Nullable First first;
    private static @Nullable Checkpoint newest;
    private static int instructions;

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void leavesPoisonOutWhileItWaitsForABaseModel() throws IOException {
        // When
        First model = first();

        // Then
        assertThat(model.refused()).isEqualTo(1);
    }

    @Test
    void publishesAModelWithWhatItWasMadeFrom() throws IOException {
        // Given
        First model = first();

        // When
        StoredCheckpoint stored = store.open(model.checkpoint().reference());

        // Then
        assertThat(stored.manifest().complete()).isTrue();
        assertThat(stored.manifest().datasets()).isEqualTo(model.checkpoint().datasets());
        assertThat(model.checkpoint().parents()).containsEntry("base", model.base());
        assertThat(model.checkpoint().metrics()).containsKeys("loss", "validationLoss", "conversations");
        assertThat(model.checkpoint().cause()).isEqualTo(Reason.of("cause.inputs"));
    }

    @Test
    void aPausedRunEndsWithTheWeightsOfOneThatWasNot() throws IOException {
        // Given
        First model = first();
        Manifest paused = store.open(model.checkpoint().reference()).manifest();

        // When
        Manifest undisturbed = undisturbed(model.base());

        // Then
        assertThat(modelSha256(paused)).isEqualTo(modelSha256(undisturbed));
    }

    @Test
    void showsItsInstructionsAndItsNewestModel() throws IOException {
        // Given
        first();
        Checkpoint model = Objects.requireNonNull(newest);

        // When
        await().atMost(PATIENCE)
                .until(() -> model.run().equals(given().get("/sft").jsonPath().getString("model.run")));

        // Then
        given().get("/sft").then().body("instructions", equalTo(instructions)).body("changedInstructions", equalTo(0));
        given().get("/").then().statusCode(200).body(containsString("Instructions and SFT model"));
    }

    @Test
    void saysWhatMemoryARunNeeds() throws IOException {
        // Given
        first();

        // When, then
        given().get("/job/plan")
                .then()
                .statusCode(200)
                .body("parts", hasKey("activations"))
                .body("bytes", greaterThan(0))
                .body("available", notNullValue());
    }

    @Test
    void tunesAgainOnChangedInstructions() throws IOException {
        // Given
        First model = first();

        // When
        publish(withAnswer("new 1", "外滩"));
        publish(withAnswer("new 2", "外滩"));
        publish(withAnswer("new 3", "外滩"));
        Checkpoint second = checkpoint(2);

        // Then
        assertThat(second.parents()).containsEntry("base", model.base());
        assertThat(second.run()).isNotEqualTo(model.checkpoint().run());
        await().atMost(PATIENCE).untilAsserted(() -> given().get("/job")
                .then()
                .body("reason.text", containsString("the model is up to date: 0 of 3")));
    }

    /** The first model; whoever asks first has it tuned on instructions of which one is replaced and one withdrawn. */
    private First first() throws IOException {
        if (first == null) {
            topics.publish(Topic.INSTRUCTIONS, withAnswer("replaced", "外滩"));
            topics.publish(Topic.INSTRUCTIONS, withAnswer("withdrawn", "长城"));
            INSTRUCTIONS.forEach(this::publish);
            topics.publishText(Topic.INSTRUCTIONS, "poison", "not JSON");
            publish(withAnswer("replaced", "西湖"));
            topics.publishTombstone(Topic.INSTRUCTIONS, "withdrawn");
            await().atMost(PATIENCE)
                    .until(() -> refused() > 0
                            && "waiting for a base model"
                                    .equals(given().get("/job").jsonPath().getString("reason.text")));
            int refused = refused();
            Reference base = publishBase();
            await().atMost(PATIENCE).until(() -> given().get("/job").jsonPath().getLong("step") >= 5);
            given().post("/job/pause");
            await().atMost(PATIENCE)
                    .until(() ->
                            given().get("/job").jsonPath().getString("state").equals("paused"));
            given().post("/job/resume");
            first = new First(refused, base, checkpoint(1));
        }
        return first;
    }

    private int refused() {
        return topics.records(Topic.INSTRUCTIONS.deadLetters()).size();
    }

    /** Publishes an instruction that stays. */
    private void publish(Instruction instruction) {
        topics.publish(Topic.INSTRUCTIONS, instruction);
        instructions++;
    }

    private static Instruction withAnswer(String id, String answer) {
        return new Instruction(id, List.of(Message.user("哪里好玩")), List.of(answer), Map.of());
    }

    private Reference publishBase() throws IOException {
        Reference reference =
                store.save(Manifest.draft(Stage.PRETRAIN, "tiny", 1).withComplete(true), TinyInstructions::writeBase);
        topics.publish(
                Topic.CHECKPOINTS, new Checkpoint(Stage.PRETRAIN, "tiny", 1, reference, Map.of(), List.of(), Map.of()));
        return reference;
    }

    /** The {@code count}th checkpoint after the base's, now the newest. */
    private Checkpoint checkpoint(int count) {
        await().atMost(PATIENCE).until(() -> topics.events(Topic.CHECKPOINTS).size() == count + 1);
        newest = topics.events(Topic.CHECKPOINTS).getLast();
        return newest;
    }

    /** The same run, never paused. */
    private Manifest undisturbed(Reference base) throws IOException {
        List<Instruction> all = new ArrayList<>(INSTRUCTIONS);
        all.add(withAnswer("replaced", "西湖"));
        try (CheckpointStore other = CheckpointStore.open(folder.toUri(), folder)) {
            SftSettings settings = config.settings();
            Reference checkpoint = new Trainer(
                            new TrainingRuns(other, Stage.SFT).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                            SftLoop.Inputs.of(settings, store.open(base).folder(), all),
                            settings.training(),
                            Monitor.SILENT)
                    .train()
                    .orElseThrow()
                    .checkpoint();
            return other.open(checkpoint).manifest();
        }
    }

    private static String modelSha256(Manifest manifest) {
        return Objects.requireNonNull(manifest.files().get("model.safetensors")).sha256();
    }
}
