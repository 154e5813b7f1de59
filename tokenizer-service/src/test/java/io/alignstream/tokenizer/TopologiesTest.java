package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.textcleaning.NormalisedText;
import io.alignstream.textcleaning.Rule;
import io.alignstream.tokenizer.cleaning.CleaningPlan;
import io.alignstream.tokenizer.cleaning.CleaningTopics;
import io.alignstream.tokenizer.cleaning.CleaningTopology;
import io.alignstream.tokenizer.documents.DocumentFigures;
import io.alignstream.tokenizer.documents.DocumentStatistics;
import io.alignstream.tokenizer.packing.Packing;
import io.alignstream.tokenizer.packing.PackingTopology;
import io.alignstream.tokenizer.streams.ConsumerLag;
import io.alignstream.tokenizer.streams.StreamsApplication;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Consumed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two topologies against a real broker. */
class TopologiesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Packing PACKING = new Packing(16, 4, 0.1);
    private static final Tokenizer TOKENIZER = new BpeTrainer(400).train(texts(300).stream());

    @TempDir
    private Path folder;

    private final KafkaBroker broker = new KafkaBroker();
    private Map<String, Object> connection = Map.of();
    private TopicProbe topics;

    @BeforeEach
    void startBroker() {
        broker.init(Map.of("fresh", "true"));
        String address = broker.start().get("kafka.bootstrap.servers");
        connection = ShortSessions.at(address);
        topics = new TopicProbe(address);
    }

    @AfterEach
    void stopBroker() {
        topics.close();
        broker.stop();
    }

    @Test
    void cleansDropsDuplicatesAndSetsPoisonAside() throws Exception {
        // Given
        publish(
                Topic.DOCUMENTS,
                List.of(document("a", " 今天来上海出差了。\r\n"), document("b", "\u3000\n"), document("c", "今天来上海出差了。")));
        topics.publishText(Topic.DOCUMENTS, "p", "no JSON");
        topics.send(tooLong());
        publish(Topic.DOCUMENTS, List.of(document("d", "这里的风景很美。")));

        // When
        try (StreamsApplication cleaning =
                start(CleaningTopology.APPLICATION_ID, CleaningTopology.build(plan("exact")), "one")) {
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(topics.records("clean-documents"))
                    .hasSize(2));
        }

        // Then
        assertThat(topics.events(Topic.CLEAN_DOCUMENTS))
                .extracting(CleanDocument::id, CleanDocument::text, CleanDocument::originalCharacters)
                .containsExactly(tuple("a", "今天来上海出差了。", 12), tuple("d", "这里的风景很美。", 8));
        List<ConsumerRecord<byte[], byte[]>> letters = topics.records("documents.dead-letters");
        assertThat(letters).hasSize(2);
        assertThat(header(letters.get(0), "dead-letter-reason")).contains("set the header ce_type");
        assertThat(header(letters.get(0), "dead-letter-offset")).isEqualTo("3");
        assertThat(header(letters.get(1), "dead-letter-reason"))
                .contains("5,000,000 characters, the limit is 1,000,000");
        assertThat(letters.get(1).value()).hasSizeGreaterThan(5_000_000);
    }

    @Test
    void aDocumentsTraceGoesOnToItsTextAndToTheTokensThatItFills() throws Exception {
        // Given
        Traceparent trace = new Traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        publish(Topic.DOCUMENTS, List.of(document("a", "今天来上海出差了。")));
        ProducerRecord<byte[], byte[]> traced = Topic.DOCUMENTS.record(document("b", "这里的风景很美。"), "test");
        trace.stamp(traced.headers());
        topics.send(traced);

        // When
        clean("one");
        long end = topics.records("clean-documents").getLast().offset() + 1; // transactions have offsets, too
        DatasetSnapshot snapshot = new DatasetSnapshot("clean-documents", List.of(new PartitionRange(0, 0, end)));
        try (StreamsApplication packing =
                start("traced", PackingTopology.build(TOKENIZER, snapshot, PACKING), "traced")) {
            await().atMost(PATIENCE)
                    .until(() -> !topics.records("token-batches").isEmpty());
        }

        // Then
        assertThat(topics.records("clean-documents"))
                .extracting(record -> Traceparent.of(record.headers()))
                .containsExactly(Optional.empty(), Optional.of(trace));
        assertThat(topics.records("token-batches")).isNotEmpty().allSatisfy(record -> assertThat(
                        Traceparent.of(record.headers()))
                .contains(trace));
    }

    @Test
    void figuresSurviveARestartAndHoldTenSamplesWithoutPersonalData() throws Exception {
        // Given
        IntStream.range(0, 15)
                .mapToObj(i -> document(
                        "short" + i,
                        "You can call 212-555-01" + (10 + i) + " and ask about the cafe\u0301 of the town."))
                .forEach(document -> topics.publish(Topic.DOCUMENTS, document));
        try (StreamsApplication cleaning =
                start(CleaningTopology.APPLICATION_ID, CleaningTopology.build(plan("web")), "one")) {
            await().atMost(PATIENCE).until(() -> dropped(cleaning) == 15);
        }
        topics.publish(Topic.DOCUMENTS, document("last", "This is the last of the texts and it is too short."));

        // When
        try (StreamsApplication cleaning = start(
                CleaningTopology.APPLICATION_ID, CleaningTopology.build(plan("web")), "two, which has lost its disk")) {
            await().atMost(PATIENCE).until(() -> dropped(cleaning) == 16);
            DocumentFigures figures = DocumentFigures.read(cleaning.streams());

            // Then
            assertThat(figures.count(DocumentStatistics.APPLIED + Rule.UNICODE_NFC.id()))
                    .isEqualTo(15);
            assertThat(figures.samples().get(DocumentStatistics.OUTCOME + Rule.GOPHER_WORDS.id()))
                    .hasSize(DocumentStatistics.SAMPLES_KEPT)
                    .filteredOn(sample -> sample.id().startsWith("short"))
                    .isNotEmpty()
                    .allSatisfy(sample -> assertThat(sample.excerpt()).startsWith("You can call <PHONE> and ask"))
                    .allSatisfy(sample -> assertThat(Messages.english(Objects.requireNonNull(sample.fault())))
                            .startsWith("words 1")
                            .endsWith(" < 50"));
        }
    }

    private static long dropped(StreamsApplication cleaning) {
        try {
            return DocumentFigures.read(cleaning.streams()).count(DocumentStatistics.OUTCOME + Rule.GOPHER_WORDS.id());
        } catch (InvalidStateStoreException e) {
            return -1; // it still restores
        }
    }

    @Test
    void packsEveryTokenOnceAlsoAcrossRestarts() throws Exception {
        // Given
        List<CleanDocument> documents = cleaned(texts(500));
        DatasetSnapshot snapshot = new DatasetSnapshot("clean-documents", List.of(new PartitionRange(0, 0, 450)));

        // When
        publish(Topic.CLEAN_DOCUMENTS, documents.subList(0, 200));
        try (StreamsApplication packing =
                start("restarted", PackingTopology.build(TOKENIZER, snapshot, PACKING), "first")) {
            await().atMost(PATIENCE)
                    .until(() -> !topics.records("token-batches").isEmpty());
        }
        publish(Topic.CLEAN_DOCUMENTS, documents.subList(200, 500));
        try (StreamsApplication packing = start(
                "restarted", PackingTopology.build(TOKENIZER, snapshot, PACKING), "second, which has lost its disk")) {
            await().atMost(PATIENCE).until(() -> caughtUp("restarted", "clean-documents"));
        }
        List<ConsumerRecord<byte[], byte[]>> restarted = topics.records("token-batches");
        try (StreamsApplication packing =
                start("undisturbed", PackingTopology.build(TOKENIZER, snapshot, PACKING), "undisturbed")) {
            await().atMost(PATIENCE).until(() -> caughtUp("undisturbed", "clean-documents"));
        }
        List<ConsumerRecord<byte[], byte[]>> all = topics.records("token-batches");

        // Then
        assertThat(hex(all.subList(restarted.size(), all.size()))).isEqualTo(hex(restarted));
        List<TokenBatch> batches = topics.events(Topic.TOKEN_BATCHES).subList(0, restarted.size());
        for (Split split : Split.values()) {
            List<CleanDocument> expected = documents.stream()
                    .filter(document -> PACKING.split(document) == split)
                    .toList();
            List<TokenBatch> ofSplit =
                    batches.stream().filter(batch -> batch.split() == split).toList();
            List<String> packed = texts(ofSplit);
            assertThat(packed).isNotEmpty();
            // What came after the snapshot may still be in the open batch; the snapshot itself is complete.
            assertThat(expected).extracting(CleanDocument::text).startsWith(packed.toArray(String[]::new));
            assertThat(packed).hasSizeGreaterThanOrEqualTo((int) documents.subList(0, 450).stream()
                    .filter(document -> PACKING.split(document) == split)
                    .count());
            long next = 0;
            for (TokenBatch batch : ofSplit) {
                assertThat(batch.firstSequence()).isEqualTo(next);
                next = batch.nextSequence();
            }
        }
        assertThat(batches.stream().filter(TokenBatch::endOfSnapshot))
                .singleElement()
                .satisfies(last -> assertThat(last.split()).isEqualTo(Split.TRAINING))
                .satisfies(last -> assertThat(last.documentOffset()).isEqualTo(450));
    }

    @Test
    void packsNothingTwiceWhenTheBrokerHasForgottenHowFarItWas() throws Exception {
        // Given
        List<CleanDocument> documents = cleaned(texts(300));
        DatasetSnapshot noEnd = new DatasetSnapshot("clean-documents", List.of());
        publish(Topic.CLEAN_DOCUMENTS, documents.subList(0, 200));
        try (StreamsApplication packing = start("forgotten", PackingTopology.build(TOKENIZER, noEnd, PACKING), "one")) {
            await().atMost(PATIENCE).until(() -> caughtUp("forgotten", "clean-documents"));
        }
        forgetOffsets("forgotten");
        publish(Topic.CLEAN_DOCUMENTS, documents.subList(200, 300));

        // When
        try (StreamsApplication packing = start("forgotten", PackingTopology.build(TOKENIZER, noEnd, PACKING), "one")) {
            await().atMost(PATIENCE).until(() -> caughtUp("forgotten", "clean-documents"));
        }

        // Then
        List<TokenBatch> batches = topics.events(Topic.TOKEN_BATCHES).stream()
                .filter(batch -> batch.split() == Split.TRAINING)
                .toList();
        assertThat(texts(batches)).hasSizeGreaterThan(200).doesNotHaveDuplicates();
        long next = 0;
        for (TokenBatch batch : batches) {
            assertThat(batch.firstSequence()).isEqualTo(next);
            next = batch.nextSequence();
        }
    }

    @Test
    void cleansNothingTwiceWhenTheBrokerHasForgottenHowFarItWas() throws Exception {
        // Given
        publish(Topic.DOCUMENTS, List.of(document("a", "今天来上海出差了。"), document("b", "这里的风景很美。")));
        topics.publishText(Topic.DOCUMENTS, "p", "no JSON");
        clean("one");
        forgetOffsets(CleaningTopology.APPLICATION_ID);
        publish(Topic.DOCUMENTS, List.of(document("c", "我在外滩喝咖啡。")));

        // When
        DocumentFigures figures = clean("one");

        // Then
        assertThat(topics.events(Topic.CLEAN_DOCUMENTS))
                .extracting(CleanDocument::id)
                .containsExactly("a", "b", "c");
        assertThat(topics.records("documents.dead-letters")).hasSize(1);
        assertThat(figures.count(DocumentStatistics.OUTCOME + Rule.DUPLICATE.id()))
                .isZero();
    }

    @Test
    void goesOnBehindDocumentsThatWereDeletedBeforeTheyWereRead() throws Exception {
        // Given
        publish(Topic.DOCUMENTS, List.of(document("a", "今天来上海出差了。")));
        clean("one");
        publish(Topic.DOCUMENTS, List.of(document("lost", "这里的风景很美。"), document("c", "我在外滩喝咖啡。")));
        try (Admin admin = Admin.create(connection)) {
            admin.deleteRecords(Map.of(new TopicPartition("documents", 0), RecordsToDelete.beforeOffset(2)))
                    .all()
                    .get();
        }

        // When
        clean("one");

        // Then
        assertThat(topics.events(Topic.CLEAN_DOCUMENTS))
                .extracting(CleanDocument::id)
                .containsExactly("a", "c");
    }

    @Test
    void readsAllOfATopicThatWasMadeAnew() throws Exception {
        // Given
        publish(Topic.DOCUMENTS, List.of(document("a", "今天来上海出差了。"), document("b", "这里的风景很美。")));
        clean("one");
        try (Admin admin = Admin.create(connection)) {
            admin.deleteTopics(List.of("documents")).all().get();
            await().until(() -> !admin.listTopics().names().get().contains("documents"));
            admin.createTopics(List.of(new NewTopic("documents", 1, (short) 1)))
                    .all()
                    .get();
        }
        publish(Topic.DOCUMENTS, List.of(document("b", "这里的风景很美。"), document("c", "我在外滩喝咖啡。")));

        // When
        clean("one");

        // Then
        assertThat(topics.events(Topic.CLEAN_DOCUMENTS))
                .extracting(CleanDocument::id)
                .containsExactly("a", "b", "c");
    }

    /** Cleans all documents there are and returns what became of them. */
    private DocumentFigures clean(String state) throws Exception {
        try (StreamsApplication cleaning =
                start(CleaningTopology.APPLICATION_ID, CleaningTopology.build(plan("exact")), state)) {
            await().atMost(PATIENCE)
                    .until(() -> cleaning.running() && caughtUp(CleaningTopology.APPLICATION_ID, "documents"));
            return DocumentFigures.read(cleaning.streams());
        }
    }

    private void forgetOffsets(String group) throws Exception {
        try (Admin admin = Admin.create(connection)) {
            // Its member counts as one of the group until its session is over.
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                admin.deleteConsumerGroups(List.of(group)).all().get();
                return true;
            });
        }
    }

    @Test
    void anApplicationWhoseThreadsDieOneAfterTheOtherFailsAndSaysWhy() throws Exception {
        // Given
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(Topic.DOCUMENTS.name(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .foreach((key, value) -> {
                    throw new IllegalStateException("this record kills its thread");
                });
        topics.publishText(Topic.DOCUMENTS, "deadly", "whatever");
        StreamsApplication.Endurance endurance =
                new StreamsApplication.Endurance(3, Duration.ofMinutes(5), Duration.ofMillis(10));

        // When
        try (StreamsApplication application =
                new StreamsApplication("doomed", builder.build(), settings("doomed"), endurance)) {
            application.start(Set.of("documents"));
            await().dontCatchUncaughtExceptions()
                    .atMost(PATIENCE)
                    .until(() -> application.streams().state() == KafkaStreams.State.ERROR);

            // Then
            assertThat(application.failure()).hasValueSatisfying(why -> assertThat(Messages.english(why))
                    .contains("this record kills its thread"));
            assertThat(application.running()).isFalse();
        }
    }

    @Test
    void anApplicationWaitsForTheReleaseThatReadsWhatALaterOneHasWritten() throws Exception {
        // Given
        AtomicInteger looks = new AtomicInteger();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(Topic.DOCUMENTS.name(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .foreach((key, value) -> {
                    looks.incrementAndGet();
                    Headers headers = new RecordHeaders()
                            .add("ce_type", "io.alignstream.document.v2".getBytes(StandardCharsets.UTF_8));
                    Topic.DOCUMENTS.requireKnown(value, headers, 0, 0);
                });
        topics.publishText(Topic.DOCUMENTS, "later", "whatever");
        StreamsApplication.Endurance endurance =
                new StreamsApplication.Endurance(2, Duration.ofMinutes(5), Duration.ofMillis(10));

        // When
        try (StreamsApplication application =
                new StreamsApplication("patient", builder.build(), settings("patient"), endurance)) {
            application.start(Set.of("documents"));
            await().dontCatchUncaughtExceptions().atMost(PATIENCE).until(() -> looks.get() > 3);

            // Then
            assertThat(application.failure()).isEmpty();
            assertThat(application.describe()).contains("io.alignstream.document.v2", "upgrade the service");
        }
    }

    private CleaningPlan plan(String profile) throws Exception {
        return new CleaningPlan(
                CleaningProfile.of(profile, Map.of(), Set.of("en", "zh")),
                Decontamination.NONE,
                CleaningTopics.prepare(connection),
                CleaningTopics.ends(connection),
                CleaningPlan.GRACE,
                CleaningPlan.QUIET);
    }

    private <T> void publish(Topic<T> topic, List<T> events) {
        events.forEach(event -> topics.publish(topic, event));
    }

    private static Document document(String id, String text) {
        return new Document(id, text, "test", Map.of());
    }

    private boolean caughtUp(String group, String topic) throws Exception {
        try (Admin admin = Admin.create(connection)) {
            return new ConsumerLag(admin).of(group, topic).done();
        }
    }

    /** The documents in {@code batches}. */
    private static List<String> texts(List<TokenBatch> batches) {
        List<String> texts = new ArrayList<>();
        List<Integer> open = new ArrayList<>();
        batches.forEach(batch -> {
            for (int token : batch.tokens()) {
                if (token == TOKENIZER.endOfDocument()) {
                    texts.add(TOKENIZER.decode(
                            open.stream().mapToInt(Integer::intValue).toArray()));
                    open.clear();
                } else if (token != TOKENIZER.pad()) {
                    open.add(token);
                }
            }
        });
        return texts;
    }

    private StreamsApplication start(String applicationId, Topology topology, String state) throws Exception {
        StreamsApplication application = new StreamsApplication(applicationId, topology, settings(state));
        application.start(CleaningTopology.topics());
        return application;
    }

    private StreamsApplication.Settings settings(String state) {
        return new StreamsApplication.Settings(connection, folder.resolve(state), "test", 1);
    }

    private static ProducerRecord<byte[], byte[]> tooLong() {
        ProducerRecord<byte[], byte[]> record = Topic.DOCUMENTS.record(document("long", "TEXT"), "test");
        byte[] value = new String(record.value(), StandardCharsets.UTF_8)
                .replace("TEXT", "x".repeat(5_000_000))
                .getBytes(StandardCharsets.UTF_8);
        return new ProducerRecord<>(record.topic(), null, record.key(), value, record.headers());
    }

    private static List<String> texts(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "第" + i + "天来上海出差。我在外滩喝咖啡" + i * 7 % 13 + "次。")
                .toList();
    }

    private static List<CleanDocument> cleaned(List<String> texts) {
        return IntStream.range(0, texts.size())
                .mapToObj(i -> {
                    Document document = document("d" + i, texts.get(i));
                    return new CleanDocument(
                            document.id(),
                            document.text(),
                            document.source(),
                            Map.of(),
                            Sha256.hex(NormalisedText.of(document.text()).text()),
                            document.text().length());
                })
                .toList();
    }

    private static List<String> hex(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> HexFormat.of().formatHex(record.value()))
                .toList();
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String key) {
        return new String(record.headers().lastHeader(key).value(), StandardCharsets.UTF_8);
    }
}
