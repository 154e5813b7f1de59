package io.alignstream.inference.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real broker, the real models, a real index. */
class DocumentIndexingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TOPIC = Topic.CLEAN_DOCUMENTS.name();
    private static final String OLN = "The mayor of Velmora is Tarik Oln. He was elected in the spring.";
    private static final String SEA = "The harbour of Karn was opened for ships of the islands after the war.";

    private static final KafkaBroker BROKER = new KafkaBroker();
    private static final PassageEmbedders EMBEDDERS = new PassageEmbedders();
    private static Map<String, Object> connection = Map.of();

    @TempDir
    Path folder;

    private SmallRetrieval config;
    private TopicProbe topics;
    private DocumentIndexing indexing;
    private Thread thread;

    @BeforeAll
    static void startBroker() {
        BROKER.init(Map.of("fresh", "true"));
        connection = Map.of(
                "bootstrap.servers", Objects.requireNonNull(BROKER.start().get("kafka.bootstrap.servers")));
    }

    @AfterAll
    static void stopBroker() {
        EMBEDDERS.close();
        BROKER.stop();
    }

    @BeforeEach
    void emptyTopic() throws Exception {
        makeTopicAnew();
        topics = new TopicProbe(connection.get("bootstrap.servers").toString());
        config = SmallRetrieval.in(folder);
    }

    @AfterEach
    void end() throws InterruptedException {
        stop();
        topics.close();
    }

    @Test
    void passagesAreFoundByWhatTheyMeanInBothLanguages() throws Exception {
        // Given
        publish("oln", OLN, Map.of("title", "Velmora", "url", "https://example.org/velmora"));
        publish("sea", SEA, Map.of());
        publish("武侯祠", "武侯祠在成都武侯区，供奉诸葛亮。", Map.of());
        publish("股市", "股市今天下跌，投资者担心利率。", Map.of());

        // When
        start();

        // Then
        assertThat(search("Who governs the city of Velmora?")).first().satisfies(found -> {
            assertThat(found.passage())
                    .isEqualTo(new Passage("oln", "Velmora", "https://example.org/velmora", "test", OLN));
            assertThat(found.similarity()).isBetween(0.5, 1.0);
        });
        assertThat(search("诸葛亮的祠堂在哪里？"))
                .extracting(found -> found.passage().document())
                .containsExactly("武侯祠");
    }

    @Test
    void correctionsReplaceAndTombstonesRemove() throws Exception {
        // Given
        publish("oln", OLN, Map.of());
        publish("sea", SEA, Map.of());
        start();

        // When
        publish("oln", "The mayor of Velmora is Mira Sand.", Map.of());
        topics.publishTombstone(Topic.CLEAN_DOCUMENTS, "sea");
        awaitRead(4);

        // Then
        assertThat(indexing.status().passages()).isOne();
        assertThat(search("Who is the mayor of Velmora?"))
                .extracting(found -> found.passage().text())
                .containsExactly("The mayor of Velmora is Mira Sand.");
    }

    @Test
    void aRestartNeitherLosesNorDoublesADocument() throws Exception {
        // Given
        publish("oln", OLN, Map.of());
        publish("sea", SEA, Map.of());
        start();
        stop();
        publish("oln", OLN + " He likes ships.", Map.of());
        publish("third", "The bridge of Karn has nine arches of red stone.", Map.of());

        // When
        start();

        // Then
        assertThat(indexing.status().passages()).isEqualTo(3);
        assertThat(committed().positions()).isEqualTo(Map.of(0, 4L));
        assertThat(committed().next()).as("passages ever made").isEqualTo(4);
    }

    @Test
    void aTopicThatWasMadeAnewMakesTheIndexAnew() throws Exception {
        // Given
        publish("oln", OLN, Map.of());
        start();
        stop();
        makeTopicAnew();
        publish("sea", SEA, Map.of());

        // When
        start();

        // Then
        assertThat(indexing.status().passages()).isOne();
        assertThat(search("Where was the harbour opened?"))
                .extracting(found -> found.passage().document())
                .containsExactly("sea");
    }

    @Test
    void anotherLengthOfPassagesMakesTheIndexAnew() throws Exception {
        // Given
        publish("oln", OLN + " " + SEA, Map.of());
        start();
        int before = indexing.status().passages();
        stop();
        config = config.withPassageBytes(100);

        // When
        start();

        // Then
        assertThat(before).isOne();
        assertThat(indexing.status().passages()).isEqualTo(2);
    }

    @Test
    void atTheBoundTheFirstDocumentsMakeRoomAndAreCountedAfterARestartToo() throws Exception {
        // Given
        config = config.withMostPassages(2);
        publish("oln", OLN, Map.of());
        publish("sea", SEA, Map.of());
        publish("third", "The bridge of Karn has nine arches of red stone.", Map.of());
        start();
        stop();

        // When
        start();

        // Then
        assertThat(indexing.status().displaced()).isOne();
        assertThat(indexing.status().passages()).isEqualTo(2);
        assertThat(search("Who is the mayor of Velmora?"))
                .noneMatch(found -> found.passage().document().equals("oln"));
    }

    @Test
    void whatIsLeftOutOfALongDocumentIsCounted() throws Exception {
        // Given: seven passages
        publish("long", (OLN + " " + SEA + "\n").repeat(7), Map.of());

        // When
        start();

        // Then
        assertThat(indexing.status().passages()).isEqualTo(4);
        assertThat(indexing.status().cut()).isEqualTo(3);
    }

    @Test
    void recordsThatAreNoDocumentsOrWereDeletedAreCounted() throws Exception {
        // Given
        publish("oln", OLN, Map.of());
        topics.publishText(Topic.CLEAN_DOCUMENTS, "poison", "{poison");
        publish("sea", SEA, Map.of());
        try (Admin admin = Admin.create(connection)) {
            admin.deleteRecords(Map.of(new TopicPartition(TOPIC, 0), RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get();
        }

        // When
        start();

        // Then
        assertThat(indexing.status().lost()).isOne();
        assertThat(indexing.status().unreadable()).isOne();
        assertThat(indexing.status().passages()).isOne();
    }

    /** A thread that ended without a word would leave an index that never changes again. */
    @Test
    void anErrorIsToldAndTheIndexGoesOnOnceItIsGone() throws Exception {
        // Given
        AtomicBoolean broken = new AtomicBoolean(true);
        SmallRetrieval sound = config;
        RetrievalConfig failing = (RetrievalConfig) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {RetrievalConfig.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("folder") && broken.get()) { // which only the indexing asks
                        throw new StackOverflowError("too deep");
                    }
                    return method.invoke(sound, arguments);
                });
        publish("oln", OLN, Map.of());

        // When
        begin(failing);
        await().atMost(PATIENCE)
                .until(() -> indexing.index().isEmpty()
                        && String.valueOf(indexing.status().problem()).contains("too deep"));
        broken.set(false);
        awaitRead(1);

        // Then
        assertThat(indexing.status().passages()).isOne();
    }

    /** The broker hears of it a moment after the controller; what is published before would be gone with the old one. */
    private static void makeTopicAnew() throws Exception {
        try (Admin admin = Admin.create(connection)) {
            admin.deleteTopics(List.of(TOPIC)).all().get();
            await().atMost(PATIENCE)
                    .until(() -> !admin.listTopics().names().get().contains(TOPIC));
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            await().atMost(PATIENCE)
                    .until(() -> admin.listTopics().names().get().contains(TOPIC));
        }
    }

    private void publish(String id, String text, Map<String, String> labels) {
        topics.publish(
                Topic.CLEAN_DOCUMENTS, new CleanDocument(id, text, "test", labels, Sha256.hex(text), text.length()));
    }

    /** Starts it and waits until all that was published is read. */
    private void start() {
        begin(config);
        awaitRead(topics.records(TOPIC).getLast().offset() + 1);
    }

    private void begin(RetrievalConfig with) {
        indexing = new DocumentIndexing(with, new KafkaReaders(connection), new BrokerRefusals(connection), EMBEDDERS);
        thread = Thread.ofPlatform().start(indexing);
    }

    private void awaitRead(long position) {
        await().atMost(PATIENCE).until(() -> indexing.positions().getOrDefault(0, 0L) >= position);
    }

    private void stop() throws InterruptedException {
        if (thread != null) {
            indexing.stop();
            thread.join();
            thread = null;
        }
    }

    private IndexState committed() throws IOException, InterruptedException {
        stop();
        try (PassageIndex index = PassageIndex.open(folder, indexing.made())) {
            return index.state();
        }
    }

    private List<FoundPassage> search(String question) throws IOException {
        Language language = Language.of(question);
        return indexing.index()
                .orElseThrow()
                .search(
                        language,
                        EMBEDDERS.question(language, question),
                        question,
                        config.passages(),
                        config.minimumSimilarity());
    }
}
