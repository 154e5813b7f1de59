package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.stageruntime.view.RecordOrigin;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredState;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the stage decides when an earlier model on its tokenizer is there, or something of it. */
class PretrainStageTest {

    private static final String SHA256 = "ab".repeat(32);
    private static final int NEW_TOKENS = 32;

    @TempDir
    private Path folder;

    private final KeptState kept = KeptState.temporary();
    private final PretrainConfig config = Settings.of(
            PretrainConfig.class,
            Map.of("alignstream.pretrain.depth", "2", "alignstream.pretrain.new-tokens", "" + NEW_TOKENS));
    private final TrainedTokenizer tokenizer = new TrainedTokenizer(
            "default",
            new Reference(URI.create("file:/tokenizer"), SHA256, 1),
            100,
            SHA256,
            new DatasetSnapshot(Topic.CLEAN_DOCUMENTS.name(), List.of(new PartitionRange(0, 0, 5))));
    private final Topics topics = new Topics();

    private CheckpointStore store;
    private Reference model;

    /** A model on the first two of six sequences. */
    @BeforeEach
    void trainOnSome() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
        Manifest draft = Manifest.draft(Stage.PRETRAIN, "first", 10)
                .withComplete(true)
                .withParents(Map.of(Lineage.TOKENIZER, tokenizer.reference()))
                .withHyperparameters(config.settings().hyperparameters());
        model = store.save(draft, files -> {
            Files.writeString(files.resolve("model.safetensors"), "weights");
            Files.writeString(files.resolve(StoredState.FILE), "trunk");
        });
    }

    @AfterEach
    void close() {
        store.close();
        kept.close();
    }

    @Test
    void continuesTheTrunkThatIsThere() throws Exception {
        // Given
        PretrainStage stage = stage();

        // When
        Decision decision = stage.decide(topics, false);

        // Then
        assertThat(title(decision)).contains("continuing " + model.shortSha256());
    }

    @Test
    void beginsAfreshAndSaysSoWhereRetentionHasTakenTheTrunk() throws Exception {
        // Given
        Lease lease = store.claimIdle(Stage.PRETRAIN, "first", Instant.MAX).orElseThrow();
        store.remove(lease, model, Set.of(StoredState.FILE));
        PretrainStage stage = stage();

        // When
        Decision decision = stage.decide(topics, false);

        // Then
        assertThat(title(decision)).contains("afresh").contains("removed the training state of " + model.shortSha256());
    }

    @Test
    void saysOnceThatDataAreGoneAndTrainsOnTheRestIfAskedTo() throws Exception {
        // Given: a model on ten sequences, of which six are there
        PretrainStage stage = stage(10);

        // When
        Decision decision = stage.decide(topics, false);

        // Then: with the same words until something changes
        assertThat(decision).isEqualTo(stage.decide(topics, false));
        assertThat(decision).asInstanceOf(type(Decision.Wait.class)).satisfies(wait -> assertThat(
                        Messages.english(wait.reason()))
                .contains("model " + model.shortSha256(), "there are 6, and 4 are gone or not packed yet"));
        assertThat(title(stage.decide(topics, true))).doesNotContain("continuing", "afresh");
    }

    @Test
    void takesTheBatchesOfATokenizerThatSomebodyComesBackTo() throws Exception {
        // Given: what was packed is gone, and is packed again with one document less
        PretrainStage stage = stage();
        topics.publish(Topic.TOKENIZERS, tokenizer);
        TokenBatch batch = batch(5);

        // When
        topics.take(new TokenBatch.Ledgers().record(batch, "test"), batch);

        // Then
        stage.show(topics);
        assertThat(stage.figures().trainingSequences()).isEqualTo(5);
    }

    @Test
    void beginsAMaskedModelBesideTheOneThatGoesOnWithTexts() throws Exception {
        // Given
        PretrainStage stage = stage(masked(), 2, null);

        // When
        Decision decision = stage.decide(topics, false);

        // Then
        assertThat(title(decision)).contains("masked").doesNotContain("continuing", "afresh");
    }

    @Test
    void takesAMaskedModelForNothingToGoOnFrom() throws Exception {
        // Given: the newest model is a masked one
        PretrainStage stage = stage(config, 2, PretrainingObjective.MASKED);

        // When
        Decision decision = stage.decide(topics, false);

        // Then
        assertThat(title(decision)).doesNotContain("continuing", "afresh", "masked");
        stage.show(topics);
        assertThat(stage.figures().model()).isNull();
    }

    private static PretrainConfig masked() {
        return Settings.of(
                PretrainConfig.class,
                Map.of("alignstream.pretrain.depth", "2", "alignstream.pretrain.objective", "masked"));
    }

    private static TokenBatch batch(int sequences) {
        return new TokenBatch(SHA256, 0, TokenBatch.Split.TRAINING, 0, 16, new int[sequences * 16], 0, 5, true);
    }

    private static String title(Decision decision) {
        assertThat(decision).asInstanceOf(type(Decision.Run.class)).isNotNull();
        return Messages.english(((Decision.Run) decision).job().title());
    }

    /** One that has read everything. */
    private PretrainStage stage() throws Exception {
        return stage(2);
    }

    /** The same where the model was trained on so many sequences. */
    private PretrainStage stage(int trained) throws Exception {
        return stage(config, trained, null);
    }

    private PretrainStage stage(PretrainConfig settings, int trained, @Nullable PretrainingObjective learned)
            throws Exception {
        PretrainStage stage = new PretrainStage(settings, store, kept);
        stage.subscribe(topics);
        topics.publish(Topic.TOKENIZERS, tokenizer);
        topics.publish(
                Topic.CHECKPOINTS,
                new Checkpoint(
                        Stage.PRETRAIN,
                        "first",
                        10,
                        model,
                        Map.of(Lineage.TOKENIZER, tokenizer.reference()),
                        List.of(),
                        Map.of(PretrainLoop.TRAINING_SEQUENCES, (double) trained),
                        null,
                        null,
                        learned));
        TokenBatch batch = batch(6);
        topics.take(new TokenBatch.Ledgers().record(batch, "test"), batch);
        return stage;
    }

    /** One event of each topic, as read. */
    private static final class Topics implements View, Subscriptions {

        private final Map<Topic<?>, EventHandler<?>> handlers = new HashMap<>();
        private final Map<Topic<?>, Object> events = new HashMap<>();

        <T> void publish(Topic<T> topic, T event) throws Exception {
            events.put(topic, event);
            hand(topic, event, new ConsumerRecord<>(topic.name(), 0, 0, new byte[0], new byte[0]));
        }

        void take(ProducerRecord<byte[], byte[]> sent, TokenBatch batch) throws Exception {
            ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(sent.topic(), 0, 0, sent.key(), sent.value());
            sent.headers().forEach(record.headers()::add);
            hand(Topic.TOKEN_BATCHES, batch, record);
        }

        @SuppressWarnings("unchecked") // the map holds an EventHandler<T> for each Topic<T>
        private <T> void hand(Topic<T> topic, T event, ConsumerRecord<byte[], byte[]> record) throws Exception {
            ((EventHandler<T>) handlers.get(topic)).handle(event, new RecordOrigin(record));
        }

        @Override
        public <T> void follow(Topic<T> topic, EventHandler<T> handler) {
            handlers.put(topic, handler);
        }

        @Override
        public <T> void followNewest(Topic<T> topic, int most, EventHandler<T> handler) {
            follow(topic, handler);
        }

        @Override
        public <T> void followAfter(Topic<?> earlier, Topic<T> topic, EventHandler<T> handler) {
            follow(topic, handler);
        }

        @Override
        public void ask(Question<?> question) {}

        @Override
        public <T> T answer(Question<T> question) {
            try {
                return question.ask();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public <T> List<T> newestByKey(Topic<T> topic) {
            return List.of(topic.eventClass().cast(events.get(topic)));
        }

        @Override
        public DatasetSnapshot snapshot(Topic<?> topic) {
            throw new UnsupportedOperationException(topic.name());
        }

        @Override
        public long count(Topic<?> topic) {
            throw new UnsupportedOperationException(topic.name());
        }

        @Override
        public Duration quietFor(Topic<?> topic) {
            return Duration.ofDays(1);
        }
    }
}
