package io.alignstream.local.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.workers.WorkerShards;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerTest {

    // A space in the path: people have such folders.
    @TempDir(factory = WithSpace.class)
    Path folder;

    private final RecordingConsole output = new RecordingConsole();
    private final List<ProcessGroup> groups = new ArrayList<>();

    @AfterEach
    void stop() {
        groups.forEach(ProcessGroup::stopStarted);
    }

    @Test
    void keepsAcknowledgedRecordsAndTopicsWhenKilled() throws Exception {
        // Given
        Site site = TestSites.prepared(folder);
        startBroker(site);
        TopicSetup.createMissing(site.connection());
        List<String> ids = List.of("first", "second", "third");
        publish(site, ids);

        // When
        ProcessHandle.of(ManagedProcess.find(site.run(), Broker.NAME)
                        .orElseThrow()
                        .pid())
                .orElseThrow()
                .destroyForcibly();
        groups.getLast().stopStarted();
        startBroker(site);

        // Then
        assertThat(TopicSetup.createMissing(site.connection())).isZero();
        assertThat(readIds(site, ids.size())).isEqualTo(ids);
    }

    @Test
    void createsEveryTopicAsTheContractSays() throws Exception {
        // Given
        Site site = TestSites.prepared(folder);
        startBroker(site);

        // When
        int created = TopicSetup.createMissing(site.connection());

        // Then
        assertThat(created).isEqualTo(2 * Topic.ALL.size() + 1); // each with its dead letters, and the shards' topic
        try (Admin admin = Admin.create(site.connection().settings())) {
            for (Topic<?> topic : Topic.ALL) {
                ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
                var all = admin.describeConfigs(Set.of(resource)).all().get();
                var settings = Objects.requireNonNull(all.get(resource));
                assertThat(settings.get("cleanup.policy").value())
                        .isEqualTo(topic.retention().cleanupPolicy());
                assertThat(settings.get("retention.ms").value())
                        .isEqualTo(Long.toString(topic.retention().milliseconds()));
                assertThat(settings.get("max.message.bytes").value())
                        .isEqualTo(Integer.toString(Topic.MAX_RECORD_BYTES));
            }
            assertThat(admin.listTopics().names().get()).contains("documents.dead-letters");
            var shards = Objects.requireNonNull(admin.describeTopics(Set.of(WorkerShards.TOPIC))
                    .allTopicNames()
                    .get()
                    .get(WorkerShards.TOPIC));
            assertThat(shards.partitions()).hasSize(WorkerShards.PARTITIONS);
        }
    }

    @Test
    void topicsOfAnEarlierVersionGetTheSettingsOfThisOne() throws Exception {
        // Given: requests that would be deleted, though rankings refer to them
        Site site = TestSites.prepared(folder);
        startBroker(site);
        try (Admin admin = Admin.create(site.connection().settings())) {
            admin.createTopics(List.of(new NewTopic(Topic.RANKING_REQUESTS.name(), 1, (short) 1)
                            .configs(Map.of("retention.ms", "7776000000"))))
                    .all()
                    .get();

            // When
            TopicSetup.createMissing(site.connection());

            // Then: once the broker has read what its controller has decided
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, Topic.RANKING_REQUESTS.name());
            await().untilAsserted(() -> {
                var settings = Objects.requireNonNull(
                        admin.describeConfigs(Set.of(resource)).all().get().get(resource));
                assertThat(settings.get("retention.ms").value()).isEqualTo("-1");
                assertThat(settings.get("message.timestamp.type").value()).isEqualTo("LogAppendTime");
            });
        }
    }

    private void startBroker(Site site) {
        ProcessGroup group = new ProcessGroup(site, output.console());
        groups.add(group);
        group.start(Broker.at(site, TestSites.installation()));
        group.awaitReady("broker");
    }

    private static void publish(Site site, List<String> ids) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", site.connection().servers(), "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (String id : ids) {
                Document document = new Document(id, "text of " + id, "test", Map.of());
                producer.send(Topic.DOCUMENTS.record(document, "test")).get();
            }
        }
    }

    private static List<String> readIds(Site site, int count) throws Exception {
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", site.connection().servers(), "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(Topic.DOCUMENTS.name(), 0)));
            List<String> ids = new ArrayList<>();
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (ids.size() < count && System.nanoTime() < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    ids.add(Topic.DOCUMENTS.decode(record).id());
                }
            }
            return ids;
        }
    }

    /** Makes temporary folders with a space in the name. */
    static final class WithSpace implements org.junit.jupiter.api.io.TempDirFactory {
        @Override
        public Path createTempDirectory(
                org.junit.jupiter.api.extension.AnnotatedElementContext element,
                org.junit.jupiter.api.extension.ExtensionContext context)
                throws java.io.IOException {
            return java.nio.file.Files.createTempDirectory("data folder ");
        }
    }
}
