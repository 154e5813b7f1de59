package io.alignstream.pretrain;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.SequenceSource;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(PretrainServiceTest.Tiny.class)
class PretrainServiceTest {

    /** A network of a moment, and a store of its own. */
    public static final class Tiny implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = FreshStore.settings();
            settings.put("alignstream.pretrain.layers", "2");
            settings.put("alignstream.pretrain.width", "32");
            settings.put("alignstream.pretrain.batch-sequences", "4");
            settings.put("alignstream.pretrain.steps", "60");
            settings.put("alignstream.pretrain.shuffle-window", "16");
            settings.put("alignstream.pretrain.validation-sequences", "8");
            settings.put("alignstream.pretrain.validate-every", "10");
            settings.put("alignstream.pretrain.checkpoint-every", "7");
            settings.put("alignstream.pretrain.new-tokens", "160");
            return settings;
        }
    }

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Tokenizer TOKENIZER = TinyText.tokenizer();
    private static final List<int[]> TRAINING = TinyText.sequences(TOKENIZER, 0, 50);
    private static final List<int[]> VALIDATION = TinyText.sequences(TOKENIZER, 1_000, 8);

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @Inject
    CheckpointStore store;

    @Inject
    PretrainConfig config;

    @TempDir
    private Path folder;

    private TopicProbe topics;

    /** As the packer's, from test to test. */
    private static final TokenBatch.Ledgers LEDGERS = new TokenBatch.Ledgers();

    /**
     * The first model, whose run was paused once; and what was seen before.
     *
     * @param waiting what the stage said when most documents were packed
     * @param refused number of batches that were in the dead letters then
     */
    private record First(Reference tokenizer, String waiting, int refused, Checkpoint checkpoint) {}

    private static @Nullable First first;
    private static @Nullable Checkpoint newest;

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void waitsUntilTheDocumentsArePackedAndLeavesPoisonOut() throws IOException {
        // When
        First model = first();

        // Then
        assertThat(model.waiting()).contains("are being packed: 30 sequences so far");
        assertThat(model.refused()).isEqualTo(5);
        assertThat(model.checkpoint().metrics()).containsEntry("trainingSequences", 50.0);
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
        assertThat(model.checkpoint().parents()).containsEntry("tokenizer", model.tokenizer());
        assertThat(model.checkpoint().metrics())
                .containsEntry("trainedTokens", 60.0 * 4 * TinyText.LENGTH)
                .containsKeys("loss", "validationBitsPerByte");
    }

    @Test
    void aPausedRunEndsWithTheWeightsOfOneThatWasNot() throws IOException {
        // Given
        Manifest paused = store.open(first().checkpoint().reference()).manifest();

        // When
        Manifest undisturbed = undisturbed();

        // Then
        assertThat(modelSha256(paused)).isEqualTo(modelSha256(undisturbed));
    }

    @Test
    void showsItsDataAndItsNewestModel() throws IOException {
        // Given
        first();
        Checkpoint model = Objects.requireNonNull(newest);

        // When
        await().atMost(PATIENCE).until(() -> model.run()
                .equals(given().get("/pretrain").jsonPath().getString("model.run")));

        // Then
        given().get("/pretrain")
                .then()
                .body("tokenizer", equalTo(TOKENIZER.sha256()))
                .body(
                        "trainingSequences",
                        equalTo(model.metrics().get("trainingSequences").intValue()));
        given().get("/job/series").then().body(containsString("validationBitsPerByte"));
        given().get("/").then().statusCode(200).body(containsString("Data and base model"));
        given().get("/alignstream/figures-view.js").then().statusCode(200);
    }

    @Test
    void trainsAgainOnNewTokensBehindABatchThatWasDamagedOnTheWay() throws IOException {
        // Given
        First model = first();
        ProducerRecord<byte[], byte[]> damaged =
                LEDGERS.record(batch(Split.TRAINING, 50, TRAINING.subList(0, 5), false), "test");
        damaged.value()[damaged.value().length - 6]++;

        // When
        topics.send(damaged);
        publish(batch(Split.TRAINING, 55, TRAINING.subList(0, 10), false));
        Checkpoint second = checkpoint(2);

        // Then
        assertThat(second.run()).isNotEqualTo(model.checkpoint().run());
        assertThat(second.parents())
                .containsEntry("tokenizer", model.tokenizer())
                .containsEntry("previous", model.checkpoint().reference());
        assertThat(second.metrics()).containsEntry("trainingSequences", 60.0);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        given().get("/job").then().body("reason.text", containsString("the base model is up to date")));
        given().get("/job").then().body("reason.text", containsString("5 sequences are lost"));
    }

    /** The first model; whoever asks first has it trained on batches among which are some that must be refused. */
    private First first() throws IOException {
        if (first == null) {
            Reference tokenizer = publishTokenizer();
            publish(batch(Split.TRAINING, 0, TRAINING.subList(0, 30), false));
            publish(batch(Split.VALIDATION, 0, VALIDATION, false));
            int[] outside = TRAINING.getFirst().clone();
            outside[3] = TOKENIZER.vocabularySize();
            topics.publish(Topic.TOKEN_BATCHES, batch(Split.TRAINING, 30, List.of(outside), false));
            topics.publish(Topic.TOKEN_BATCHES, batch(Split.TRAINING, 0, TRAINING.subList(0, 1), true));
            topics.publish(Topic.TOKEN_BATCHES, batch(Split.TRAINING, 45, TRAINING.subList(0, 1), true));
            topics.publishText(Topic.TOKEN_BATCHES, "0", "no token batch");
            topics.send(new ProducerRecord<>(
                    Topic.TOKEN_BATCHES.name(), "0".getBytes(StandardCharsets.UTF_8), new byte[5_000_000]));
            await().atMost(PATIENCE).until(() -> refused() >= 5);
            int refused = refused();
            String waiting = given().get("/job").jsonPath().getString("reason.text");
            publish(batch(Split.TRAINING, 30, TRAINING.subList(30, 50), true));
            await().atMost(PATIENCE).until(() -> given().get("/job").jsonPath().getLong("step") >= 10);
            given().post("/job/pause");
            await().atMost(PATIENCE)
                    .until(() ->
                            given().get("/job").jsonPath().getString("state").equals("paused"));
            given().post("/job/resume");
            first = new First(tokenizer, waiting, refused, checkpoint(1));
        }
        return first;
    }

    private void publish(TokenBatch batch) {
        topics.send(LEDGERS.record(batch, "test"));
    }

    private int refused() {
        return topics.records(Topic.TOKEN_BATCHES.deadLetters()).size();
    }

    private Reference publishTokenizer() throws IOException {
        Reference reference = store.save(
                Manifest.draft(Stage.TOKENIZER, "tiny", 0).withComplete(true), folder -> TOKENIZER.save(folder));
        DatasetSnapshot documents =
                new DatasetSnapshot(Topic.CLEAN_DOCUMENTS.name(), List.of(new PartitionRange(0, 0, 100)));
        topics.publish(
                Topic.TOKENIZERS,
                new TrainedTokenizer("default", reference, TOKENIZER.vocabularySize(), TOKENIZER.sha256(), documents));
        return reference;
    }

    /** The {@code count}th checkpoint, now the newest. */
    private Checkpoint checkpoint(int count) {
        await().atMost(PATIENCE).until(() -> topics.events(Topic.CHECKPOINTS).size() == count);
        newest = topics.events(Topic.CHECKPOINTS).getLast();
        return newest;
    }

    /** The same run, never paused, on sequences in memory. */
    private Manifest undisturbed() throws IOException {
        try (CheckpointStore other = CheckpointStore.open(folder.toUri(), folder)) {
            PretrainSettings settings = config.settings();
            Reference checkpoint = new Trainer(
                            new TrainingRuns(other, Stage.PRETRAIN)
                                    .of(Lineage.NONE, List.of(), settings.hyperparameters()),
                            new PretrainLoop.Inputs(
                                    settings, TOKENIZER, SequenceSource.of(TRAINING), VALIDATION, Optional.empty()),
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

    private static TokenBatch batch(Split split, long first, List<int[]> sequences, boolean endOfSnapshot) {
        int[] tokens = sequences.stream().flatMapToInt(Arrays::stream).toArray();
        return new TokenBatch(TOKENIZER.sha256(), 0, split, first, TinyText.LENGTH, tokens, 0, 100, endOfSnapshot);
    }
}
