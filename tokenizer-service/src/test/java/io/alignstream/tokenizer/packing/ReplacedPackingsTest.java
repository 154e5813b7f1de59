package io.alignstream.tokenizer.packing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.alignstream.tokenizer.ShortSessions;
import io.alignstream.tokenizer.streams.StreamsApplication;
import io.alignstream.training.Lineage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was packed for a tokenizer goes when another one has taken its place, on a real broker. */
class ReplacedPackingsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofHours(1);
    private static final Packing PACKING = new Packing(16, 4, 0);
    private static final TopicPartition BATCHES = new TopicPartition(Topic.TOKEN_BATCHES.name(), 0);

    @TempDir
    private Path folder;

    private final KafkaBroker broker = new KafkaBroker();
    private Map<String, Object> connection = Map.of();

    @SuppressWarnings("NullAway.Init")
    private TopicProbe topics;

    @SuppressWarnings("NullAway.Init")
    private Admin admin;

    @SuppressWarnings("NullAway.Init")
    private CheckpointStore store;

    @SuppressWarnings("NullAway.Init")
    private TrainedTokenizer old;

    @SuppressWarnings("NullAway.Init")
    private TrainedTokenizer newest;

    private long firstOfNewest;

    @BeforeEach
    void packWithOneTokenizerAfterTheOther() throws Exception {
        broker.init(Map.of("fresh", "true"));
        String address = broker.start().get("kafka.bootstrap.servers");
        connection = ShortSessions.at(address);
        topics = new TopicProbe(address);
        admin = Admin.create(connection);
        store = CheckpointStore.open(folder.resolve("store").toUri(), folder);
        IntStream.range(0, 20)
                .mapToObj(i -> new CleanDocument("d" + i, "Text " + i, "test", Map.of(), "ab".repeat(32), 6))
                .forEach(document -> topics.publish(Topic.CLEAN_DOCUMENTS, document));
        old = pack(300);
        newest = pack(301);
        firstOfNewest = topics.records(Topic.TOKEN_BATCHES.name()).stream()
                .filter(record -> batch(record).tokenizerSha256().equals(newest.sha256()))
                .findFirst()
                .orElseThrow()
                .offset();
    }

    @AfterEach
    void stopBroker() {
        store.close();
        admin.close();
        topics.close();
        broker.stop();
    }

    @Test
    void allOfItGoesWhenAModelOnTheNewestTokenizerIsFinished() throws Exception {
        // Given: beside it a packing that is just starting, whose tokenizer nobody here has read of
        model(newest, "run-2", true);
        String starting = PackingTopology.applicationId("ef".repeat(32)) + "-progress-changelog";
        admin.createTopics(List.of(new NewTopic(starting, 1, (short) 1))).all().get();

        // When
        Set<String> early = packings(Duration.ZERO).collect(this::tokenizers);
        Set<String> gone = packings(GRACE).collect(this::tokenizers);

        // Then
        assertThat(early).isEmpty();
        assertThat(gone).containsExactly(PackingTopology.applicationId(old.sha256()));
        assertThat(topics.events(Topic.TOKEN_BATCHES)).isNotEmpty().allMatch(batch -> batch.tokenizerSha256()
                .equals(newest.sha256()));
        assertThat(begin()).isEqualTo(firstOfNewest);
        assertThat(ofPacking(old)).isEmpty();
        assertThat(ofPacking(newest)).isNotEmpty();
        assertThat(admin.listTopics().names().get()).contains(starting);
        assertThat(groups()).doesNotContain(PackingTopology.applicationId(old.sha256()));
        PackingTopology.forgetOthers(folder.resolve("state"), PackingTopology.applicationId(newest.sha256()));
        assertThat(folder.resolve("state/" + PackingTopology.applicationId(old.sha256())))
                .doesNotExist();
        assertThat(folder.resolve("state/" + PackingTopology.applicationId(newest.sha256())))
                .exists();
    }

    @Test
    void nothingGoesBeforeThereIsAModelOrWhileARunIsInFlight() throws Exception {
        // Given
        model(old, "run-0", true);
        Set<String> withoutModel = packings(GRACE).collect(this::tokenizers);
        model(newest, "run-2", true);
        model(old, "run-1", false);

        // When
        Set<String> inFlight = packings(GRACE).collect(this::tokenizers);

        // Then
        assertThat(withoutModel).isEmpty();
        assertThat(inFlight).isEmpty();
        assertThat(begin()).isZero();
        assertThat(ofPacking(old)).isNotEmpty();
        assertThat(packings(Duration.ofDays(3)).collect(this::tokenizers)).isNotEmpty();
    }

    @Test
    void whatSomebodyComesBackToDuringACollectionStays() throws Exception {
        // Given: a model on the newest one, which is the newest no longer once the collection has begun
        model(newest, "run-2", true);
        List<List<TrainedTokenizer>> reads = new ArrayList<>(List.of(List.of(old, newest)));

        // When
        Set<String> gone = packings(GRACE).collect(() -> reads.isEmpty() ? List.of(newest, old) : reads.removeFirst());

        // Then
        assertThat(gone).isEmpty();
        assertThat(ofPacking(old)).isNotEmpty();
        assertThat(ofPacking(newest)).isNotEmpty();
        assertThat(groups()).contains(PackingTopology.applicationId(old.sha256()));
        assertThat(begin()).isZero();
    }

    /** As they stand in their topic. */
    private List<TrainedTokenizer> tokenizers() {
        return List.of(old, newest);
    }

    private ReplacedPackings packings(Duration ahead) {
        return new ReplacedPackings(admin, store, GRACE, Duration.ofDays(2), () -> Instant.now()
                .plus(ahead)
                .plusSeconds(60));
    }

    /** Packs all documents, to the last one. */
    private TrainedTokenizer pack(int size) throws Exception {
        Tokenizer tokenizer = new BpeTrainer(size)
                .train(IntStream.range(0, 50).mapToObj(i -> "Text " + i % 7 + " of " + size + " and " + i));
        DatasetSnapshot documents =
                new DatasetSnapshot(Topic.CLEAN_DOCUMENTS.name(), List.of(new PartitionRange(0, 0, 20)));
        Reference reference =
                store.save(Manifest.draft(Stage.TOKENIZER, "t-" + size, size).withComplete(true), tokenizer::save);
        String id = PackingTopology.applicationId(tokenizer.sha256());
        try (StreamsApplication application = new StreamsApplication(
                id,
                PackingTopology.build(tokenizer, documents, PACKING),
                new StreamsApplication.Settings(connection, folder.resolve("state"), "test", 1))) {
            application.start(PackingTopology.topics());
            await().atMost(PATIENCE).until(() -> topics.events(Topic.TOKEN_BATCHES).stream()
                    .anyMatch(batch -> batch.tokenizerSha256().equals(tokenizer.sha256()) && batch.endOfSnapshot()));
        }
        // A static member leaves its group when its session is over.
        await().atMost(PATIENCE).until(() -> admin.describeConsumerGroups(List.of(id)).all().get().values().stream()
                .allMatch(group -> group.members().isEmpty()));
        return new TrainedTokenizer("default", reference, tokenizer.vocabularySize(), tokenizer.sha256(), documents);
    }

    private void model(TrainedTokenizer tokenizer, String run, boolean complete) throws IOException {
        long begin = tokenizer.equals(newest) ? firstOfNewest : 0;
        store.save(
                Manifest.draft(Stage.PRETRAIN, run, 1)
                        .withComplete(complete)
                        .withParents(Map.of(Lineage.TOKENIZER, tokenizer.reference()))
                        .withDatasets(List.of(new DatasetSnapshot(
                                Topic.TOKEN_BATCHES.name(), List.of(new PartitionRange(0, begin, begin + 1))))),
                files -> Files.writeString(files.resolve("model"), "weights"));
    }

    private static TokenBatch batch(ConsumerRecord<byte[], byte[]> record) {
        try {
            return Topic.TOKEN_BATCHES.decode(record);
        } catch (PoisonEventException e) {
            throw new AssertionError(e);
        }
    }

    private long begin() throws Exception {
        return admin.listOffsets(Map.of(BATCHES, OffsetSpec.earliest()))
                .partitionResult(BATCHES)
                .get()
                .offset();
    }

    private Stream<String> ofPacking(TrainedTokenizer tokenizer) throws Exception {
        return admin.listTopics().names().get().stream()
                .filter(topic -> topic.startsWith(PackingTopology.applicationId(tokenizer.sha256())));
    }

    private List<String> groups() throws Exception {
        return admin.listGroups().all().get().stream()
                .map(group -> group.groupId())
                .toList();
    }
}
