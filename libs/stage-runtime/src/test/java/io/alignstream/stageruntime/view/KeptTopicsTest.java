package io.alignstream.stageruntime.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions.KeptHandler;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kept.KeptKeys;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restart that goes on from what was kept sees what one sees that reads everything. */
class KeptTopicsTest {

    private static final KafkaBroker BROKER = new KafkaBroker();
    private static String address = "";

    @TempDir
    Path folder;

    private final String group = UUID.randomUUID().toString();
    private final List<String> letters = new ArrayList<>();
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

    /** Every test has topics of its own. */
    @BeforeEach
    void open() throws Exception {
        topics = new TopicProbe(address);
        admin = Admin.create(Map.of("bootstrap.servers", (Object) address));
        makeAnew("instructions");
        makeAnew("ranking-requests");
        makeAnew("rankings");
        makeAnew("prompts");
    }

    private void makeAnew(String topic) throws Exception {
        if (admin.listTopics().names().get().contains(topic)) {
            admin.deleteTopics(List.of(topic)).all().get();
            await().until(() -> !admin.listTopics().names().get().contains(topic));
        }
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        await().until(() -> admin.listTopics().names().get().contains(topic));
    }

    @AfterEach
    void close() {
        topics.close();
        admin.close();
    }

    /** A service that counts instructions by id and rankings by request; for one life. */
    private final class Service implements AutoCloseable {

        private final KeptState state;
        private final TopicView view = new TopicView(new Answers(Runnable::run));
        private final KeptKeys instructions;
        private final KeptKeys requests;
        private final KeptKeys rankings;
        private final Reader reader;
        private int handled;

        Service(KeptState state, int version) {
            this(state, version, Duration.ofMillis(300));
        }

        Service(KeptState state, int version, Duration patience) {
            this.state = state;
            this.instructions = new KeptKeys(state, "instructions");
            this.requests = new KeptKeys(state, "requests");
            this.rankings = new KeptKeys(state, "rankings");
            view.follow(Topic.PROMPTS);
            view.follow(Topic.INSTRUCTIONS, keys(instructions, Topic.INSTRUCTIONS, version));
            view.follow(Topic.RANKING_REQUESTS, keys(requests, Topic.RANKING_REQUESTS, version));
            view.followAfter(Topic.RANKING_REQUESTS, Topic.RANKINGS, new KeptHandler<>() {
                @Override
                public int version() {
                    return version;
                }

                @Override
                public void handle(Ranking ranking, Origin origin) throws PoisonEventException {
                    if (state.table("requests").get(ranking.requestId()) == null) {
                        throw new PoisonEventException(Reason.verbatim("unknown request " + ranking.requestId()));
                    }
                    rankings.add(Topic.RANKINGS.key(ranking));
                    handled++;
                }

                @Override
                public void withdrawn(String key) {
                    rankings.remove(key);
                }
            });
            this.reader = new Reader(
                    new KafkaReaders(Map.of("bootstrap.servers", address)).open(group),
                    admin,
                    view,
                    state,
                    (record, cause, again) -> {
                        if (!again) {
                            letters.add(record.topic() + " " + record.offset() + " "
                                    + new String(record.key(), StandardCharsets.UTF_8));
                        }
                    },
                    new ReaderMeters(Meters.of(new SimpleMeterRegistry(), "sft")),
                    patience);
        }

        private <T> KeptHandler<T> keys(KeptKeys keys, Topic<T> topic, int version) {
            return new KeptHandler<>() {
                @Override
                public int version() {
                    return version;
                }

                @Override
                public void handle(T event, Origin origin) {
                    keys.add(topic.key(event));
                    handled++;
                }

                @Override
                public void withdrawn(String key) {
                    keys.remove(key);
                }
            };
        }

        Service read() {
            await().until(() -> {
                reader.turn();
                return reader.caughtUp() && reader.deferredBytes() == 0;
            });
            return this;
        }

        Seen seen() {
            return new Seen(
                    instructions.size(),
                    requests.size(),
                    rankings.size(),
                    view.count(Topic.INSTRUCTIONS),
                    view.count(Topic.RANKINGS),
                    List.of(
                            view.snapshot(Topic.INSTRUCTIONS),
                            view.snapshot(Topic.RANKING_REQUESTS),
                            view.snapshot(Topic.RANKINGS),
                            view.snapshot(Topic.PROMPTS)));
        }

        /** Ends without a word, as kill -9 does. */
        void kill() {
            state.close();
        }

        @Override
        public void close() {
            reader.close();
            state.close();
        }
    }

    private record Seen(
            long instructions,
            long requests,
            long rankings,
            long instructionEvents,
            long rankingEvents,
            List<DatasetSnapshot> datasets) {}

    private Service kept() {
        return new Service(KeptState.in(folder), 1);
    }

    private Service anew() {
        return new Service(KeptState.temporary(), 1);
    }

    @Test
    void aRestartInWhateverMomentSeesWhatOneSeesThatReadsEverything() {
        // Given
        Random random = new Random(7);
        List<Seen> restarted = new ArrayList<>();
        List<Seen> fresh = new ArrayList<>();

        // When: lives of which every other one is killed, some of them in the middle of reading
        for (int life = 0; life < 6; life++) {
            publish(random, life);
            Service service = kept();
            if (life % 2 == 0) {
                for (int turn = 0; turn < random.nextInt(8); turn++) {
                    service.reader.turn();
                }
                service.kill();
                service = kept();
            }
            restarted.add(service.read().seen());
            service.close();
            try (Service other = anew()) {
                fresh.add(other.read().seen());
            }
        }

        // Then
        assertThat(restarted).isEqualTo(fresh);
        assertThat(letters).isNotEmpty().doesNotHaveDuplicates();
    }

    /** Events, replaced ones, tombstones, poison, and rankings before their requests or without any. */
    private void publish(Random random, int life) {
        for (int i = 0; i < 200; i++) {
            String id = "id" + random.nextInt(300);
            String asked = "life" + life + "-" + random.nextInt(60);
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> topics.publish(Topic.INSTRUCTIONS, instruction(id));
                case 3 -> topics.publishTombstone(Topic.INSTRUCTIONS, id);
                case 4 -> topics.publishText(Topic.INSTRUCTIONS, id, "no event");
                case 5, 6 -> topics.publish(Topic.RANKINGS, ranking(asked));
                case 7 -> topics.publish(Topic.RANKING_REQUESTS, request(asked));
                case 8 -> topics.publishTombstone(Topic.RANKINGS, asked + "/ann");
                default -> topics.publish(Topic.PROMPTS, new Prompt(id, List.of(Message.user("hi")), Map.of()));
            }
        }
    }

    @Test
    void aRestartHandlesNothingTwice() {
        // Given
        topics.publish(Topic.INSTRUCTIONS, instruction("a"));
        topics.publish(Topic.INSTRUCTIONS, instruction("b"));
        kept().read().close();
        topics.publish(Topic.INSTRUCTIONS, instruction("c"));

        // When
        int handled;
        try (Service service = kept()) {
            service.read();
            handled = service.handled;
        }

        // Then
        assertThat(handled).isEqualTo(1);
    }

    @Test
    void whatWaitsForAnotherEventWaitsAfterARestart() {
        // Given
        topics.publish(Topic.RANKINGS, ranking("late"));
        Service first = new Service(KeptState.in(folder), 1, Duration.ofMinutes(5));
        await().until(() -> {
            first.reader.turn();
            return first.reader.deferredBytes() > 0;
        });
        first.close();
        topics.publish(Topic.RANKING_REQUESTS, request("late"));

        // When
        Seen seen;
        try (Service second = new Service(KeptState.in(folder), 1, Duration.ofMinutes(5))) {
            seen = second.read().seen();
        }

        // Then
        assertThat(seen.rankings()).isEqualTo(1);
        assertThat(letters).isEmpty();
        try (Service other = anew()) {
            assertThat(other.read().seen()).isEqualTo(seen);
        }
    }

    @Test
    void aTopicThatWasMadeAnewIsReadFromItsBeginning() throws Exception {
        // Given
        topics.publish(Topic.INSTRUCTIONS, instruction("a"));
        topics.publish(Topic.INSTRUCTIONS, instruction("b"));
        kept().read().close();
        makeAnew("instructions");
        topics.publish(Topic.INSTRUCTIONS, instruction("c"));
        topics.publish(Topic.INSTRUCTIONS, instruction("d"));
        topics.publish(Topic.INSTRUCTIONS, instruction("e"));

        // When
        Seen seen;
        try (Service service = kept()) {
            seen = service.read().seen();
        }

        // Then
        assertThat(seen.instructions()).isEqualTo(3);
        assertThat(seen.instructionEvents()).isEqualTo(3);
    }

    @Test
    void recordsThatWereDeletedAreNotRememberedFromBefore() throws Exception {
        // Given
        List.of("a", "b", "c").forEach(id -> topics.publish(Topic.INSTRUCTIONS, instruction(id)));
        kept().read().close();
        admin.deleteRecords(Map.of(new TopicPartition("instructions", 0), RecordsToDelete.beforeOffset(2)))
                .all()
                .get();

        // When
        Seen seen;
        try (Service service = kept()) {
            seen = service.read().seen();
        }

        // Then
        assertThat(seen.instructions()).isEqualTo(1);
        try (Service other = anew()) {
            assertThat(other.read().seen()).isEqualTo(seen);
        }
    }

    @Test
    void anotherVersionOfAHandlerReadsEverything() {
        // Given
        topics.publish(Topic.INSTRUCTIONS, instruction("a"));
        kept().read().close();

        // When
        int handled;
        try (Service service = new Service(KeptState.in(folder), 2)) {
            service.read();
            handled = service.handled;
        }

        // Then
        assertThat(handled).isEqualTo(1);
    }

    @Test
    void ofATopicWhoseNewestEventsAreEnoughTheOthersAreOnlyCounted() {
        // Given
        for (int i = 0; i < 10; i++) {
            topics.publish(Topic.INSTRUCTIONS, instruction("id" + i));
        }
        List<String> seen = new ArrayList<>();
        TopicView view = new TopicView(new Answers(Runnable::run));
        view.followNewest(Topic.INSTRUCTIONS, 3, (instruction, origin) -> seen.add(instruction.id()));

        // When
        try (KeptState state = KeptState.temporary();
                Reader reader = new Reader(
                        new KafkaReaders(Map.of("bootstrap.servers", address)).open(group),
                        admin,
                        view,
                        state,
                        (record, cause, again) -> {},
                        new ReaderMeters(Meters.of(new SimpleMeterRegistry(), "sft")))) {
            await().until(() -> {
                reader.turn();
                return reader.caughtUp();
            });
        }

        // Then
        assertThat(seen).containsExactly("id7", "id8", "id9");
        assertThat(view.count(Topic.INSTRUCTIONS)).isEqualTo(10);
    }

    private static Instruction instruction(String id) {
        return new Instruction(id, List.of(Message.user("hi")), List.of("ho"), Map.of());
    }

    private static RankingRequest request(String id) {
        return new RankingRequest(id, List.of(Message.user("q")), List.of("a", "b"), null, Map.of());
    }

    private static Ranking ranking(String request) {
        return new Ranking(request, "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "v1");
    }
}
