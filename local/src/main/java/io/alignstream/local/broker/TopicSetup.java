package io.alignstream.local.broker;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.workers.WorkerShards;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Creates the topics of {@link Topic#ALL} and their dead letters, one partition each, and {@link WorkerShards}; keeps their
 * settings up to date.
 */
public final class TopicSetup {

    /** A dead letter holds the largest record and the headers that explain it. */
    static final int MAX_DEAD_LETTER_BYTES = Topic.MAX_RECORD_BYTES + 64 * 1024;

    private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(365);

    private TopicSetup() {}

    /**
     * Creates the topics that are missing and gives the others the settings of this version: one that an earlier version
     * created to be deleted after a time may have to stay for ever. The broker must be running.
     *
     * @return the number of topics created
     */
    public static int createMissing(KafkaConnection connection) {
        return set(connection, true);
    }

    /**
     * Creates the topics that are missing on brokers of somebody's own, with as many copies as is usual there; the others have the
     * settings that their owner gave them.
     *
     * @return the number of topics created
     */
    public static int complete(KafkaConnection connection) {
        return set(connection, false);
    }

    private static int set(KafkaConnection connection, boolean all) {
        try (Admin admin = Admin.create(connection.settings())) {
            Set<String> present = admin.listTopics().names().get();
            List<NewTopic> missing = new ArrayList<>(all());
            missing.removeIf(topic -> present.contains(topic.name()));
            admin.createTopics(missing).all().get();
            if (all) {
                admin.incrementalAlterConfigs(settings(present)).all().get();
            }
            return missing.size();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw LaunchException.ofKafka("Cannot create the topics on " + connection + ": " + cause.getMessage(), e);
        } catch (KafkaException e) {
            throw LaunchException.ofKafka("Cannot come to Kafka on " + connection + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while creating the topics.", e);
        }
    }

    private static Map<ConfigResource, Collection<AlterConfigOp>> settings(Set<String> present) {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        for (NewTopic topic : all()) {
            if (present.contains(topic.name())) {
                changes.put(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic.name()),
                        topic.configs().entrySet().stream()
                                .map(setting -> new AlterConfigOp(
                                        new ConfigEntry(setting.getKey(), setting.getValue()),
                                        AlterConfigOp.OpType.SET))
                                .toList());
            }
        }
        return changes;
    }

    static List<NewTopic> all() {
        List<NewTopic> topics = new ArrayList<>();
        for (Topic<?> topic : Topic.ALL) {
            topics.add(topic(
                    topic.name(),
                    1,
                    topic.retention().cleanupPolicy(),
                    topic.retention().milliseconds(),
                    Topic.MAX_RECORD_BYTES));
            topics.add(
                    topic(topic.deadLetters(), 1, "delete", DEAD_LETTER_RETENTION.toMillis(), MAX_DEAD_LETTER_BYTES));
        }
        topics.add(topic(
                WorkerShards.TOPIC,
                WorkerShards.PARTITIONS,
                Topic.Retention.ONE_DAY.cleanupPolicy(),
                Topic.Retention.ONE_DAY.milliseconds(),
                Topic.MAX_RECORD_BYTES));
        return topics;
    }

    /** The brokers' clocks stamp the records: retention and order are no matter of any publisher's clock. */
    private static NewTopic topic(
            String name, int partitions, String cleanupPolicy, long retentionMillis, int maxMessageBytes) {
        return new NewTopic(name, Optional.of(partitions), Optional.empty())
                .configs(Map.of(
                        "cleanup.policy",
                        cleanupPolicy,
                        "retention.ms",
                        Long.toString(retentionMillis),
                        "max.message.bytes",
                        Integer.toString(maxMessageBytes),
                        "message.timestamp.type",
                        "LogAppendTime"));
    }
}
