package io.alignstream.local.broker;

import io.alignstream.contracts.Topic;
import io.alignstream.local.site.LaunchException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

/** Creates the topics of {@link Topic#ALL} and their dead letters, one partition each. */
public final class TopicSetup {

    /** A dead letter holds the largest record and the headers that explain it. */
    static final int MAX_DEAD_LETTER_BYTES = Topic.MAX_RECORD_BYTES + 64 * 1024;

    private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(365);

    private TopicSetup() {}

    /**
     * Creates the topics that are missing; the broker must be running.
     *
     * @return the number of topics created
     */
    public static int createMissing(String bootstrapServers) {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            Set<String> present = admin.listTopics().names().get();
            List<NewTopic> missing = new ArrayList<>(all());
            missing.removeIf(topic -> present.contains(topic.name()));
            admin.createTopics(missing).all().get();
            return missing.size();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new LaunchException("Cannot create the topics on " + bootstrapServers + ": " + cause.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while creating the topics.", e);
        }
    }

    static List<NewTopic> all() {
        List<NewTopic> topics = new ArrayList<>();
        for (Topic<?> topic : Topic.ALL) {
            topics.add(topic(
                    topic.name(),
                    topic.retention().cleanupPolicy(),
                    topic.retention().milliseconds(),
                    Topic.MAX_RECORD_BYTES));
            topics.add(topic(topic.deadLetters(), "delete", DEAD_LETTER_RETENTION.toMillis(), MAX_DEAD_LETTER_BYTES));
        }
        return topics;
    }

    /** The brokers' clocks stamp the records: retention and order are no matter of any publisher's clock. */
    private static NewTopic topic(String name, String cleanupPolicy, long retentionMillis, int maxMessageBytes) {
        return new NewTopic(name, 1, (short) 1)
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
