package io.alignstream.stageruntime.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.EchoStage;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kafka.SnapshotReader;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tests share a broker and each uses topics, or keys of them, that no other one does, or begins by deleting them. */
class ReaderTest {

    private static final KafkaBroker BROKER = new KafkaBroker();
    private static String address = "";

    private final String group = UUID.randomUUID().toString();
    private final List<String> letters = new ArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final KeptState state = KeptState.temporary();
    private KafkaReaders readers;
    private TopicProbe topics;
    private Admin admin;

    @BeforeAll
    static void startBroker() {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
        BROKER.init(Map.of("fresh", "true"));
        address = BROKER.start().getOrDefault("kafka.bootstrap.servers", "");
    }

    @AfterAll
    static void stopBroker() {
        BROKER.stop();
    }

    @BeforeEach
    void open() {
        readers = new KafkaReaders(Map.of("bootstrap.servers", address));
        topics = new TopicProbe(address);
        admin = Admin.create(Map.of("bootstrap.servers", (Object) address));
    }

    @AfterEach
    void close() {
        topics.close();
        admin.close();
        state.close();
    }

    private Reader reader(TopicView view) {
        return reader(view, Reader.PATIENCE);
    }

    /** One that begins with nothing. */
    private Reader reader(TopicView view, Duration patience) {
        state.clear();
        return new Reader(
                readers.open(group),
                admin,
                view,
                state,
                (record, cause, again) ->
                        letters.add(new String(record.key(), StandardCharsets.UTF_8) + (again ? " again" : " new")),
                new ReaderMeters(Meters.of(meters, "sft")),
                patience);
    }

    private static void readAll(Reader reader) {
        await().until(() -> {
            reader.turn();
            return reader.caughtUp();
        });
    }

    private static Prompt prompt(String id) {
        return new Prompt(id, List.of(Message.user("hi")), Map.of());
    }

    private static Guideline guideline(String version) {
        return new Guideline(version, "Be kind.", "ann");
    }

    /** However busy the machine is, it can only take longer. */
    @Test
    void waitsWhereThereIsNoTopicToRead() {
        // Given
        TopicView view = new TopicView(new Answers(Runnable::run));
        int turns = 5;

        // When
        long begin = System.nanoTime();
        try (Reader reader = reader(view)) {
            for (int turn = 0; turn < turns; turn++) {
                reader.turn();
            }
        }

        // Then
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(Reader.POLL.toNanos() * (turns - 1));
    }

    /** An upgrade may begin with who writes: who reads waits for its own, and other topics go on. */
    @Test
    void whatALaterReleaseHasWrittenIsWaitedBeforeAndNothingOfItIsLost() {
        // Given
        ProducerRecord<byte[], byte[]> newer = new ProducerRecord<>(
                Topic.SHADOW_ANSWERS.name(), 0, "newer".getBytes(StandardCharsets.UTF_8), new byte[] {'{', '}'});
        newer.headers().add("ce_type", "io.alignstream.shadow-answer.v2".getBytes(StandardCharsets.UTF_8));
        long offset = topics.send(newer).offset();
        topics.publishText(Topic.SHADOW_ANSWERS, "behind it", "no event");
        topics.publish(Topic.PROMPTS, prompt("elsewhere"));
        TopicView view = new TopicView(new Answers(Runnable::run));
        List<String> seen = new ArrayList<>();
        view.follow(Topic.SHADOW_ANSWERS);
        view.follow(Topic.PROMPTS, (prompt, origin) -> seen.add(prompt.id()));

        // When
        try (Reader reader = reader(view)) {
            await().until(() -> {
                reader.turn();
                return reader.newer().isPresent() && seen.contains("elsewhere");
            });
            for (int turn = 0; turn < 3; turn++) {
                reader.turn();
            }

            // Then
            assertThat(reader.caughtUp()).isFalse();
            assertThat(reader.newer()).hasValueSatisfying(why -> assertThat(why.arguments())
                    .containsEntry("topic", Topic.SHADOW_ANSWERS.name())
                    .containsEntry("offset", offset)
                    .containsEntry("version", "io.alignstream.shadow-answer.v2"));
        }
        assertThat(letters).doesNotContain("newer new", "behind it new");
        try (KafkaConsumer<byte[], byte[]> consumer = readers.open(group)) {
            TopicPartition partition = new TopicPartition(Topic.SHADOW_ANSWERS.name(), 0);
            OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
            assertThat(committed == null ? 0 : committed.offset()).isEqualTo(offset);
        }
    }

    @Test
    void aRestartReadsFromTheBeginningAndDeadLettersNothingTwice() {
        // Given
        topics.publish(Topic.PROMPTS, prompt("a"));
        topics.publishText(Topic.PROMPTS, "bad", "no event");
        topics.publish(Topic.PROMPTS, prompt("b"));

        // When
        TopicView first = new TopicView(new Answers(Runnable::run));
        first.follow(Topic.PROMPTS);
        try (Reader reader = reader(first)) {
            readAll(reader);
        }
        topics.publishText(Topic.PROMPTS, "worse", "no event");
        TopicView second = new TopicView(new Answers(Runnable::run));
        second.follow(Topic.PROMPTS);
        try (Reader reader = reader(second)) {
            readAll(reader);
        }

        // Then
        assertThat(second.count(Topic.PROMPTS)).isEqualTo(2);
        assertThat(letters).containsExactly("bad new", "bad again", "worse new");
        assertThat(second.snapshot(Topic.PROMPTS).partitions()).containsExactly(new PartitionRange(0, 0, 3));
    }

    @Test
    void aRegistryTopicKeepsTheNewestOfEachKey() {
        // Given
        topics.publish(Topic.CHECKPOINTS, EchoStage.checkpoint("one", 1));
        topics.publish(Topic.CHECKPOINTS, EchoStage.checkpoint("two", 2));
        topics.publish(Topic.CHECKPOINTS, EchoStage.checkpoint("one", 3));
        topics.publish(Topic.CHECKPOINTS, EchoStage.checkpoint("three", 4));
        topics.publishTombstone(Topic.CHECKPOINTS, "sft/three");
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.CHECKPOINTS);

        // When
        try (Reader reader = reader(view)) {
            readAll(reader);
        }

        // Then
        assertThat(view.newestByKey(Topic.CHECKPOINTS))
                .extracting(checkpoint -> checkpoint.run() + checkpoint.step())
                .containsExactly("two2", "one3");
    }

    @Test
    void waitsForMissingTopics() throws Exception {
        // Given
        deleteDocuments();

        try (Reader reader = reader(documents())) {
            // When
            awaitMissingDocuments(reader);

            // Then
            assertThat(reader.caughtUp()).isFalse();
        }
    }

    @Test
    void findsTopicsAndPartitionsThatAreMadeLater() throws Exception {
        // Given
        deleteDocuments();
        TopicView view = documents();

        try (Reader reader = reader(view)) {
            awaitMissingDocuments(reader);

            // When
            admin.createTopics(List.of(new NewTopic("documents", 1, (short) 1)))
                    .all()
                    .get();
            readAll(reader);
            admin.createPartitions(Map.of("documents", NewPartitions.increaseTo(2)))
                    .all()
                    .get();

            // Then
            await().until(() -> {
                reader.turn();
                return view.snapshot(Topic.DOCUMENTS).partitions().size() == 2;
            });
        }
    }

    @Test
    void recordsThatWereDeletedBeforeTheyWereReadAreSaidToBeLostAndNothingIsReadTwice() throws Exception {
        // Given
        List.of("a", "b", "c").forEach(id -> topics.publish(Topic.INSTRUCTIONS, instruction(id)));
        List<String> seen = new ArrayList<>();
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.INSTRUCTIONS, (instruction, origin) -> seen.add(instruction.id()));

        try (Reader reader = reader(view)) {
            readAll(reader);
            List.of("d", "e", "f").forEach(id -> topics.publish(Topic.INSTRUCTIONS, instruction(id)));
            admin.deleteRecords(Map.of(new TopicPartition("instructions", 0), RecordsToDelete.beforeOffset(5)))
                    .all()
                    .get();

            // When
            await().until(() -> {
                reader.turn();
                return seen.contains("f");
            });
        }

        // Then: the client may have fetched some of them beforehand
        assertThat(seen).startsWith("a", "b", "c").doesNotHaveDuplicates();
        assertThat(meters.counter("alignstream_records_lost_total", "stage", "sft", "topic", "instructions")
                        .count())
                .isBetween(1.0, 2.0)
                .isEqualTo(6 - seen.size());
        assertThat(view.snapshot(Topic.INSTRUCTIONS).partitions()).containsExactly(new PartitionRange(0, 5, 6));
    }

    @Test
    void aTopicThatIsMadeAnewEndsTheReaderEvenIfItHasGrownBeyondWhatWasRead() throws Exception {
        // Given
        topics.publish(Topic.FEEDBACK, feedback("one"));
        List<String> seen = new ArrayList<>();
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.FEEDBACK, (feedback, origin) -> seen.add(feedback.responseId()));
        Reader reader = reader(view);
        readAll(reader);
        makeAnew("feedback");
        topics.publish(Topic.FEEDBACK, feedback("one"));
        topics.publish(Topic.FEEDBACK, feedback("two"));

        // When
        Throwable end = catchThrowable(() -> await().until(() -> {
            reader.turn();
            return false;
        }));

        // Then
        assertThat(end).isInstanceOf(TopicMadeAnewException.class).hasMessageContaining("topic feedback");
        assertThat(seen).doesNotHaveDuplicates();
    }

    @Test
    void aTopicThatIsMadeAnewAndShorterEndsTheReader() throws Exception {
        // Given
        topics.publish(Topic.CLEAN_DOCUMENTS, clean("a"));
        topics.publish(Topic.CLEAN_DOCUMENTS, clean("b"));
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.CLEAN_DOCUMENTS);
        Reader reader = reader(view);
        readAll(reader);
        makeAnew("clean-documents");
        topics.publish(Topic.CLEAN_DOCUMENTS, clean("a"));

        // When
        Throwable end = catchThrowable(() -> await().until(() -> {
            reader.turn();
            return false;
        }));

        // Then
        assertThat(end).isInstanceOf(TopicMadeAnewException.class);
        assertThat(view.count(Topic.CLEAN_DOCUMENTS)).isEqualTo(2);
    }

    private void makeAnew(String topic) throws Exception {
        admin.deleteTopics(List.of(topic)).all().get();
        await().until(() -> !admin.listTopics().names().get().contains(topic));
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        await().until(() -> admin.listTopics().names().get().contains(topic));
    }

    private static Feedback feedback(String id) {
        return new Feedback(id, Feedback.Thumb.UP, List.of(Message.user("hi")), "ho", null, "ab".repeat(32));
    }

    private static Instruction instruction(String id) {
        return new Instruction(id, List.of(Message.user("hi")), List.of("ho"), Map.of());
    }

    private static CleanDocument clean(String id) {
        return new CleanDocument(id, "text", "test", Map.of(), "ab".repeat(32), 4);
    }

    private void deleteDocuments() throws Exception {
        if (admin.listTopics().names().get().contains("documents")) {
            admin.deleteTopics(List.of("documents")).all().get();
        }
        await().until(() -> !admin.listTopics().names().get().contains("documents"));
    }

    private static TopicView documents() {
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.DOCUMENTS);
        view.follow(Topic.CLEAN_DOCUMENTS);
        return view;
    }

    private static void awaitMissingDocuments(Reader reader) {
        await().until(() -> {
            reader.turn();
            return reader.missing().contains("documents");
        });
    }

    @Test
    void eventsWaitForWhatTheyReferToAndKeepTheOrderOfTheirKey() {
        // Given
        List<String> seen = new ArrayList<>();
        TopicView view = rankingsAfterRequests(seen);
        publishRankingsBeforeTheirRequest("late");

        // When
        List<String> seenOnceCaughtUp;
        try (Reader reader = reader(view)) {
            readAll(reader);
            seenOnceCaughtUp = List.copyOf(seen);
            awaitLetter(reader, "late-orphan/ann new");
        }

        // Then
        assertThat(seenOnceCaughtUp).filteredOn(one -> one.startsWith("late ")).containsExactly("late v1", "late v2");
        assertThat(letters).filteredOn(letter -> letter.startsWith("late")).containsExactly("late-orphan/ann new");
    }

    @Test
    void whatHasItsDeadLetterWaitsForNothingWhenItIsReadAgain() {
        // Given
        publishRankingsBeforeTheirRequest("reread");
        try (Reader reader = reader(rankingsAfterRequests(new ArrayList<>()))) {
            readAll(reader);
            awaitLetter(reader, "reread-orphan/ann new");
        }

        // When
        try (Reader reader = reader(rankingsAfterRequests(new ArrayList<>()), Duration.ofMinutes(5))) {
            readAll(reader);
            awaitLetter(reader, "reread-orphan/ann again");
        }

        // Then
        assertThat(letters)
                .filteredOn(letter -> letter.startsWith("reread"))
                .containsExactly("reread-orphan/ann new", "reread-orphan/ann again");
    }

    private void publishRankingsBeforeTheirRequest(String id) {
        topics.publish(Topic.RANKINGS, ranking(id, "v1"));
        topics.publish(Topic.RANKINGS, ranking(id + "-orphan", "v1"));
        topics.publish(Topic.RANKINGS, ranking(id, "v2"));
        topics.publish(Topic.RANKING_REQUESTS, request(id));
    }

    @Test
    void anEventIsTakenInIfTheOneThatItRefersToComesAMomentLater() {
        // Given
        List<String> seen = new ArrayList<>();
        try (Reader reader = reader(rankingsAfterRequests(seen), Duration.ofMinutes(5))) {
            readAll(reader);
            topics.publish(Topic.RANKINGS, ranking("soon", "v1"));
            topics.publish(Topic.RANKINGS, ranking("soon", "v2"));
            await().until(() -> {
                reader.turn();
                return reader.deferredBytes() > 0;
            });

            // When
            topics.publish(Topic.RANKING_REQUESTS, request("soon"));

            // Then
            await().until(() -> {
                reader.turn();
                return seen.containsAll(List.of("soon v1", "soon v2"));
            });
        }
        assertThat(seen).filteredOn(one -> one.startsWith("soon ")).containsExactly("soon v1", "soon v2");
        assertThat(letters).noneMatch(letter -> letter.startsWith("soon"));
    }

    private void awaitLetter(Reader reader, String letter) {
        await().until(() -> {
            reader.turn();
            return letters.contains(letter);
        });
    }

    private static TopicView rankingsAfterRequests(List<String> seen) {
        Set<String> requests = new HashSet<>();
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.RANKING_REQUESTS, (request, record) -> requests.add(request.requestId()));
        view.followAfter(Topic.RANKING_REQUESTS, Topic.RANKINGS, (ranking, record) -> {
            if (!requests.contains(ranking.requestId())) {
                throw new PoisonEventException(Reason.verbatim("unknown request " + ranking.requestId()));
            }
            seen.add(ranking.requestId() + " " + ranking.guidelineVersion());
        });
        return view;
    }

    private static RankingRequest request(String id) {
        return new RankingRequest(id, List.of(Message.user("q")), List.of("a", "b"), null, Map.of());
    }

    private static Ranking ranking(String request, String version) {
        return new Ranking(request, "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), version);
    }

    @Test
    void aSnapshotIsReadWithoutAbortedAndUndecodableRecords() {
        // Given
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "transactional.id", "t");
        topics.publish(Topic.GUIDELINES, guideline("a"));
        topics.publishText(Topic.GUIDELINES, "bad", "no event");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(Topic.GUIDELINES.record(guideline("aborted"), "test"));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(Topic.GUIDELINES.record(guideline("b"), "test"));
            producer.commitTransaction();
        }
        topics.publishTombstone(Topic.GUIDELINES, "a");
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.GUIDELINES);
        try (Reader reader = reader(view)) {
            readAll(reader);
        }
        topics.publish(Topic.GUIDELINES, guideline("later"));

        // When
        List<String> keys = read(view.snapshot(Topic.GUIDELINES));

        // Then
        assertThat(keys).containsExactly("a", "b", "a withdrawn");
    }

    private List<String> read(DatasetSnapshot snapshot) {
        try (var entries = SnapshotReader.read(Topic.GUIDELINES, snapshot, readers.open())) {
            return entries.map(entry -> entry.origin().key().orElse("") + (entry.event() == null ? " withdrawn" : ""))
                    .toList();
        }
    }

    @Test
    void aDatasetIsItsRecordsAndNotOnlyTheirPlaces() throws Exception {
        // Given
        publishDocuments("one", "two");
        DatasetSnapshot before = snapshotOfDocuments();
        DatasetSnapshot afterARestart = snapshotOfDocuments();
        List<String> read = readDocuments(before);

        // When: Kafka is set up anew, and other documents come to the same offsets
        publishDocuments("one", "three");

        // Then
        assertThat(afterARestart).isEqualTo(before);
        assertThat(read).containsExactly("one", "two");
        DatasetSnapshot others = snapshotOfDocuments();
        assertThat(others.partitions()).isEqualTo(before.partitions());
        assertThat(others.content()).isNotEqualTo(before.content());
        assertThat(readDocuments(others)).containsExactly("one", "three");
        assertThatThrownBy(() -> readDocuments(before))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("topic documents holds other records");
    }

    @Test
    void theSameRecordsAreTheSameDatasetInAnotherCluster() throws Exception {
        // Given
        publishDocuments("one", "two");
        DatasetSnapshot before = snapshotOfDocuments();

        // When
        publishDocuments("one", "two");

        // Then
        assertThat(snapshotOfDocuments()).isEqualTo(before);
    }

    @Test
    void whatIsKeptForATimeOnlyIsNoDataset() {
        // Given
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.follow(Topic.FEEDBACK);

        // When
        assertThatThrownBy(() -> view.snapshot(Topic.FEEDBACK))

                // Then
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("feedback keeps its events for a time only");
    }

    /** To a new topic, with poison in the middle and at the end. */
    private void publishDocuments(String first, String second) throws Exception {
        deleteDocuments();
        admin.createTopics(List.of(new NewTopic("documents", 1, (short) 1)))
                .all()
                .get();
        topics.publish(Topic.DOCUMENTS, new Document("first", first, "test", Map.of()));
        topics.publishText(Topic.DOCUMENTS, "bad", "no event");
        topics.publish(Topic.DOCUMENTS, new Document("second", second, "test", Map.of()));
        topics.publishText(Topic.DOCUMENTS, "worse", "no event");
    }

    private DatasetSnapshot snapshotOfDocuments() {
        TopicView view = documents();
        try (Reader reader = reader(view)) {
            readAll(reader);
            return view.snapshot(Topic.DOCUMENTS);
        }
    }

    private List<String> readDocuments(DatasetSnapshot snapshot) {
        try (var entries = SnapshotReader.read(Topic.DOCUMENTS, snapshot, readers.open())) {
            return entries.map(entry -> Objects.requireNonNull(entry.event()).text())
                    .toList();
        }
    }

    @Test
    void aSnapshotWhoseRecordsWereDeletedFailsWithTheRanges() throws Exception {
        // Given
        topics.publishText(Topic.TOKEN_BATCHES, "0", "a");
        topics.publishText(Topic.TOKEN_BATCHES, "0", "b");
        admin.deleteRecords(Map.of(new TopicPartition("token-batches", 0), RecordsToDelete.beforeOffset(1)))
                .all()
                .get();

        // When
        assertThatThrownBy(() -> SnapshotReader.read(
                        Topic.TOKEN_BATCHES,
                        new DatasetSnapshot("token-batches", List.of(new PartitionRange(0, 0, 2))),
                        readers.open()))

                // Then
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("token-batches-0 holds the offsets 1 to 2 but the dataset needs 0 to 2");
    }
}
