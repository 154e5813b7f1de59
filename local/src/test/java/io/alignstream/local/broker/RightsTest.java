package io.alignstream.local.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.Topic.Retention;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.contracts.workers.WorkerShards;
import io.alignstream.local.project.Project;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every user of the manifests tries everything at a real broker: what the architecture's table says that a service does
 * works, and nothing else does.
 */
class RightsTest {

    /** Users that try at the same time. */
    private static final int AT_ONCE = 4;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String STRANGE = "a-topic-of-others";
    private static final String CHANGELOG = BrokerUser.PACKING + "0123456789ab-open-sequence-changelog";
    private static final List<String> INTERNAL = List.of(BrokerUser.BY_BAND, CHANGELOG);

    /** What Kafka Streams reads, or a job in a frozen range: no poison is found there that has no dead letter yet. */
    private static final Map<Stage, String> READ_OUTSIDE_THE_VIEW =
            Map.of(Stage.TOKENIZER, Topic.DOCUMENTS.name(), Stage.RLHF, Topic.INSTRUCTIONS.name());

    @TempDir
    Path folder;

    @Test
    void users_can_do_what_the_architecture_says_and_nothing_else() throws Exception {
        // Given
        Set<String> needed = new TreeSet<>();
        Stream.of(Stage.values()).forEach(stage -> needed.addAll(needed(stage)));
        needed.addAll(neededByOperators());
        needed.addAll(neededByTheAutoscaler());
        Set<String> allowed = new TreeSet<>();
        try (SecuredBroker broker = SecuredBroker.start(folder)) {
            fill(broker);

            // When
            try (ExecutorService users = Executors.newFixedThreadPool(AT_ONCE)) {
                List<Callable<Set<String>>> trials = new ArrayList<>();
                UserManifests.rights().keySet().forEach(user -> trials.add(new Trial(broker, user)::run));
                for (Future<Set<String>> trial : users.invokeAll(trials)) {
                    allowed.addAll(trial.get()); // a failure says what was tried
                }
            }
        }

        // Then
        assertThat(allowed).isEqualTo(needed);
    }

    private static Set<String> needed(Stage stage) {
        List<String> row = Project.table("docs/architecture.md", "service", "follows", "publishes").stream()
                .filter(cells -> cells.getFirst().equals(stage.service()))
                .findFirst()
                .orElseThrow();
        Set<String> follows = new TreeSet<>(Project.code(row.get(1).split(";")[0]));
        Set<String> publishes = new TreeSet<>(Project.code(row.get(2)));
        Set<String> ofEach = Set.of(Topic.STAGE_CONTROLS.name(), Topic.ENDED_SESSIONS.name());
        follows.addAll(ofEach);
        publishes.addAll(ofEach);
        publishes.addAll(Set.of(Topic.TRAINING_PROGRESS.name(), Topic.AUDIT_LOG.name()));
        Set<String> reads = new TreeSet<>(follows);
        for (String topic : follows) {
            if (!topic.equals(READ_OUTSIDE_THE_VIEW.get(stage))) {
                reads.add(topic + ".dead-letters");
                publishes.add(topic + ".dead-letters");
            }
        }
        Set<String> needed = new TreeSet<>();
        String user = stage.service();
        needed.add(user + " joins group " + user);
        if (stage == Stage.TOKENIZER) {
            publishes.add(Topic.DOCUMENTS.deadLetters());
            reads.addAll(INTERNAL);
            publishes.addAll(INTERNAL);
            for (String application : List.of(BrokerUser.CLEANING, BrokerUser.PACKING + "0123456789ab")) {
                needed.add(user + " joins group " + application);
                needed.add(user + " begins transactions as " + application + "-1");
                needed.add(user + " creates " + application + "-of-" + user + "-changelog");
            }
            needed.add(user + " purges " + BrokerUser.BY_BAND);
            // what was packed for replaced tokenizers
            needed.add(user + " purges " + CHANGELOG);
            needed.add(user + " purges " + Topic.TOKEN_BATCHES);
            needed.add(user + " deletes " + BrokerUser.PACKING + "0123456789ab-of-" + user + "-changelog");
            needed.add(user + " deletes group " + BrokerUser.PACKING + user);
        }
        if (Set.of(Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF).contains(stage)) { // who works with others
            reads.add(Topic.MODEL_RELEASES.name());
            reads.add(WorkerShards.TOPIC);
            needed.add(user + " joins group " + workers(stage));
            needed.add(user + " puts a lost worker out of group " + workers(stage));
        }
        if (stage == Stage.INFERENCE) { // lineage
            Topic.ALL.stream()
                    .filter(topic -> topic.retention() == Retention.FOR_EVER && topic != Topic.TOKEN_BATCHES)
                    .forEach(topic -> reads.add(topic.name()));
            overview(user, reads, needed);
        }
        reads.forEach(topic -> needed.add(user + " reads " + topic));
        publishes.forEach(topic -> needed.add(user + " writes " + topic));
        Stream.concat(reads.stream(), publishes.stream()).forEach(topic -> needed.add(user + " sees " + topic));
        needed.stream()
                .filter(right -> right.contains(" joins group "))
                .toList()
                .forEach(right -> needed.add(right.replace(" joins group ", " sees group ")));
        return needed;
    }

    /** The registries, what runs say, how long topics are, and how far services have read. */
    private static void overview(String user, Set<String> reads, Set<String> needed) {
        Topic.ALL.stream()
                .flatMap(topic -> Stream.of(topic.name(), topic.deadLetters()))
                .forEach(topic -> needed.add(user + " sees " + topic));
        List.of(Topic.TOKENIZERS, Topic.CHECKPOINTS, Topic.GUARD_DECISIONS, Topic.TRAINING_PROGRESS)
                .forEach(topic -> reads.add(topic.name()));
        needed.add(user + " sees group " + BrokerUser.CLEANING);
        Stream.of(Stage.values()).forEach(stage -> needed.add(user + " sees group " + stage.service()));
    }

    private static Set<String> neededByOperators() {
        Set<String> needed = new TreeSet<>();
        for (Topic<?> topic : Topic.ALL) {
            for (String name : List.of(topic.name(), topic.deadLetters())) {
                needed.add("operator reads " + name);
                needed.add("operator sees " + name);
            }
        }
        List.of(Topic.DOCUMENTS, Topic.INSTRUCTIONS, Topic.PROMPTS, Topic.RANKING_REQUESTS, Topic.RANKINGS)
                .forEach(topic -> needed.add("operator writes " + topic));
        groups().forEach(group -> needed.add("operator sees group " + group));
        needed.add("operator sees " + WorkerShards.TOPIC);
        needed.add("operator joins group operator-1");
        return needed;
    }

    private static Set<String> neededByTheAutoscaler() {
        Set<String> needed = new TreeSet<>();
        BrokerUser.AWAKENED_BY.forEach((stage, topics) -> {
            needed.add("autoscaler sees group " + stage.service());
            topics.forEach(topic -> needed.add("autoscaler sees " + topic));
        });
        return needed;
    }

    private static List<String> topics() {
        List<String> topics = new ArrayList<>(INTERNAL);
        topics.add(STRANGE);
        topics.add(WorkerShards.TOPIC);
        Topic.ALL.forEach(topic -> topics.addAll(List.of(topic.name(), topic.deadLetters())));
        return topics;
    }

    private static List<String> groups() {
        List<String> groups = new ArrayList<>(
                List.of(BrokerUser.CLEANING, BrokerUser.PACKING + "0123456789ab", "operator-1", "a-group-of-others"));
        Stream.of(Stage.values()).forEach(stage -> groups.addAll(List.of(stage.service(), workers(stage))));
        return groups;
    }

    private static String workers(Stage stage) {
        return WorkerShards.group(stage, "0123456789ab");
    }

    /** A record in every topic: to read is to get it. */
    private static void fill(SecuredBroker broker) throws Exception {
        try (Admin admin = Admin.create(broker.open())) {
            List<NewTopic> topics = Stream.concat(INTERNAL.stream(), Stream.of(STRANGE))
                    .map(topic -> new NewTopic(topic, 1, (short) 1))
                    .toList();
            admin.createTopics(topics).all().get();
        }
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(broker.open(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (String topic : topics()) {
                producer.send(record(topic)).get();
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic) {
        return new ProducerRecord<>(topic, 0, "key".getBytes(), "value".getBytes());
    }

    /** Something that is tried. */
    private interface Attempt {
        void run() throws Exception;
    }

    /** What one user can do. */
    private static final class Trial {

        private final SecuredBroker broker;
        private final String user;
        private final Set<String> allowed = new TreeSet<>();

        Trial(SecuredBroker broker, String user) {
            this.broker = broker;
            this.user = user;
        }

        Set<String> run() {
            Map<String, Object> settings = new HashMap<>(broker.as(user));
            settings.put("enable.auto.commit", false);
            settings.put("auto.offset.reset", "earliest");
            settings.put("retry.backoff.ms", 10);
            try (Admin admin = Admin.create(broker.as(user));
                    Producer<byte[], byte[]> producer =
                            new KafkaProducer<>(broker.as(user), new ByteArraySerializer(), new ByteArraySerializer());
                    Consumer<byte[], byte[]> consumer =
                            new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                for (String topic : topics()) {
                    tried("sees " + topic, () -> admin.describeTopics(List.of(topic))
                            .allTopicNames()
                            .get());
                    tried("reads " + topic, () -> read(consumer, topic));
                    tried("writes " + topic, () -> producer.send(record(topic)).get());
                }
                // What everybody may read: only the group's right decides.
                TopicPartition place = new TopicPartition(Topic.STAGE_CONTROLS.name(), 0);
                for (String group : groups()) {
                    tried(
                            "sees group " + group,
                            () -> admin.listConsumerGroupOffsets(group).all().get());
                    tried("joins group " + group, () -> admin.alterConsumerGroupOffsets(
                                    group, Map.of(place, new OffsetAndMetadata(1)))
                            .all()
                            .get());
                }
                for (Stage stage : Stage.values()) {
                    tried("puts a lost worker out of group " + workers(stage), () -> putOut(admin, workers(stage)));
                }
                for (String application :
                        List.of(BrokerUser.CLEANING, BrokerUser.PACKING + "0123456789ab", "an-application-of-others")) {
                    tried("begins transactions as " + application + "-1", () -> begin(application + "-1"));
                    String made = application + "-of-" + user + "-changelog";
                    tried("creates " + made, () -> admin.createTopics(List.of(new NewTopic(made, 1, (short) 1)))
                            .all()
                            .get());
                    tried(
                            "deletes " + made,
                            () -> admin.deleteTopics(List.of(made)).all().get());
                }
                for (String group : List.of(BrokerUser.PACKING + user, "a-group-of-others")) {
                    tried("deletes group " + group, () -> deleteGroup(admin, group));
                }
                for (String topic :
                        List.of(BrokerUser.BY_BAND, CHANGELOG, Topic.TOKEN_BATCHES.name(), Topic.DOCUMENTS.name())) {
                    tried("purges " + topic, () -> admin.deleteRecords(
                                    Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(0)))
                            .all()
                            .get());
                }
                forbidden(admin);
            }
            return allowed;
        }

        private void forbidden(Admin admin) {
            ConfigResource documents = new ConfigResource(ConfigResource.Type.TOPIC, Topic.DOCUMENTS.name());
            Collection<AlterConfigOp> forget =
                    List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "1"), AlterConfigOp.OpType.SET));
            tried("changes settings", () -> admin.incrementalAlterConfigs(Map.of(documents, forget))
                    .all()
                    .get());
            tried(
                    "gives rights",
                    () -> admin.createAcls(UserManifests.bindings()).all().get());
            tried("deletes topics", () -> admin.deleteTopics(List.of(Topic.DOCUMENTS.name()))
                    .all()
                    .get());
        }

        /** There need not be one: what counts is that nobody says it is forbidden. */
        private static void deleteGroup(Admin admin, String group) throws Exception {
            try {
                admin.deleteConsumerGroups(List.of(group)).all().get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                    throw e;
                }
            }
        }

        private static void putOut(Admin admin, String group) throws Exception {
            try {
                admin.removeMembersFromConsumerGroup(
                                group,
                                new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("a worker"))))
                        .all()
                        .get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownMemberIdException)) {
                    throw e;
                }
            }
        }

        private void begin(String transactionalId) {
            Map<String, Object> settings = new HashMap<>(broker.as(user));
            settings.put("transactional.id", transactionalId);
            try (Producer<byte[], byte[]> producer =
                    new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.initTransactions();
            }
        }

        private static void read(Consumer<byte[], byte[]> consumer, String topic) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < end) {
                try {
                    if (!consumer.poll(Duration.ofMillis(50)).isEmpty()) {
                        return;
                    }
                } catch (TopicAuthorizationException e) {
                    if (e.unauthorizedTopics().contains(topic)) { // not a late answer about the one before
                        throw e;
                    }
                }
            }
            throw new AssertionError("neither a record of " + topic + " nor a refusal");
        }

        private void tried(String what, Attempt attempt) {
            try {
                attempt.run();
                allowed.add(user + " " + what);
            } catch (ExecutionException e) {
                requireRefusal(what, e.getCause());
            } catch (Exception e) {
                requireRefusal(what, e);
            }
        }

        private void requireRefusal(String what, Throwable failure) {
            BrokerRefusedException refusal = BrokerRefusedException.in(failure, broker.as(user))
                    .orElseThrow(() -> new AssertionError(user + " " + what + ": " + failure, failure));
            assertThat(failure).isInstanceOf(AuthorizationException.class);
            assertThat(refusal).hasMessageContaining("Kafka refuses user " + user + " the right ");
        }
    }
}
