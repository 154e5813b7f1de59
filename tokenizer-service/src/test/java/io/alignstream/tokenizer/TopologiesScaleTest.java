package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three partitions on one, two and three instances, one of them killed: the same documents survive, each packed once. */
class TopologiesScaleTest {

    private static final int PARTITIONS = 3;
    private static final int DOCUMENTS = 600;
    private static final int TRANSACTION = 20;
    private static final int KILLS = Integer.getInteger("alignstream.kills", 1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    private final KafkaBroker broker = new KafkaBroker();
    private final List<TopologyProcess> instances = new ArrayList<>();
    private final Random partitions = new Random(5);
    private String address = "";
    private long lastTime;
    private TopicProbe topics;
    private KafkaProducer<byte[], byte[]> loader;

    @BeforeEach
    void startBroker() {
        broker.init(Map.of("fresh", "true", "partitions", Integer.toString(PARTITIONS)));
        address = broker.start().get("kafka.bootstrap.servers");
        topics = new TopicProbe(address);
        loader = new KafkaProducer<>(
                Map.of("bootstrap.servers", address, "transactional.id", "load"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        loader.initTransactions();
    }

    @AfterEach
    void stop() {
        instances.forEach(TopologyProcess::close);
        loader.close();
        topics.close();
        broker.stop();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void theNumberOfInstancesChangesNothing(int count) throws Exception {
        // Given
        List<Document> documents = DuplicatedTexts.documents(DOCUMENTS, 11);
        publish(documents, 0, DOCUMENTS);

        // When
        for (int i = 0; i < count; i++) {
            start(i);
        }

        // Then
        requireEachOnce(DuplicatedTexts.survivors(documents));
    }

    @Test
    void aDocumentFromTheFutureHoldsNothingBack() throws Exception {
        // Given: as far ahead as a broker takes
        List<Document> documents = DuplicatedTexts.documents(TRANSACTION, 11);
        ProducerRecord<byte[], byte[]> early = Topic.DOCUMENTS.record(documents.getFirst(), "test");
        loader.beginTransaction();
        var acknowledged = loader.send(new ProducerRecord<>(
                early.topic(),
                1,
                System.currentTimeMillis() + Duration.ofMinutes(50).toMillis(),
                early.key(),
                early.value(),
                early.headers()));
        publish(documents, 1, TRANSACTION);

        // When
        start(0);

        // Then
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(TopologyOutput.survivors(topics))
                .hasSameSizeAs(DuplicatedTexts.survivors(documents)));
    }

    /** {@code -Dalignstream.kills=50} kills more often. */
    @Test
    void anInstanceThatIsKilledChangesNothing() throws Exception {
        // Given
        List<Document> documents = DuplicatedTexts.documents(DocumentStream.SHARE * (KILLS + 1), 11);
        List<String> expected = DuplicatedTexts.survivors(documents);
        start(0);

        // When
        try (DocumentStream stream =
                new DocumentStream(address, documents, expected, i -> publish(documents, i, i + 1))) {
            for (int life = 0; life < KILLS; life++) {
                Process other = TopologyProcess.spawn(address, folder.resolve("state1"), "instance1");
                try {
                    stream.untilTheEndOf(life, other);
                } finally {
                    other.destroyForcibly().waitFor();
                }
            }
            start(1);
            stream.untilAllAreOut();
        }

        // Then
        requireEachOnce(expected);
    }

    private void start(int instance) throws InterruptedException {
        instances.add(TopologyProcess.start(address, folder.resolve("state" + instance), "instance" + instance));
    }

    /**
     * In transactions as a bulk load's, whose markers stand behind the last documents; most of them on one partition, so
     * that the others are at their end long before.
     */
    private void publish(List<Document> documents, int from, int to) {
        for (int i = from; i < to; i++) {
            if (i % TRANSACTION == 0) {
                loader.beginTransaction();
            }
            int partition = Math.max(0, partitions.nextInt(6) - 3);
            ProducerRecord<byte[], byte[]> record = Topic.DOCUMENTS.record(documents.get(i), "test");
            // The order of the documents' times is what the survivors depend on.
            long time = Math.max(lastTime + 1, System.currentTimeMillis());
            lastTime = time;
            var acknowledged = loader.send(new ProducerRecord<>(
                    record.topic(), partition, time, record.key(), record.value(), record.headers()));
            if (i % TRANSACTION == TRANSACTION - 1) {
                loader.commitTransaction();
            }
        }
    }

    private void requireEachOnce(List<String> expected) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .ignoreException(IllegalStateException.class) // a busy broker answers late
                .until(() -> TopologyOutput.complete(address, expected.size(), topics));
        assertThat(TopologyOutput.survivors(topics)).containsExactlyInAnyOrderElementsOf(expected);
        List<String> texts = topics.events(Topic.CLEAN_DOCUMENTS).stream()
                .map(CleanDocument::text)
                .toList();
        assertThat(TopologyOutput.packedTexts(topics))
                .doesNotHaveDuplicates()
                .hasSizeGreaterThan(texts.size() - 5 * PARTITIONS)
                .isSubsetOf(texts);
    }
}
