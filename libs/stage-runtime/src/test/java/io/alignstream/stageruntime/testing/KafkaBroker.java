package io.alignstream.stageruntime.testing;

import io.alignstream.contracts.Topic;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.smallrye.reactive.messaging.kafka.companion.test.EmbeddedKafkaBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;

/**
 * A real broker inside the test's process with every topic of {@link Topic#ALL} and its dead letters, one partition
 * each; its address is {@code kafka.bootstrap.servers}.
 *
 * <p>One broker serves all tests of the process. With the argument {@code fresh=true} a test gets one of its own, and
 * {@code partitions=N} gives the data topics more partitions.
 */
public final class KafkaBroker implements QuarkusTestResourceLifecycleManager {

    /** Survives the class loaders of test profiles, which a static field would not. */
    private static final String SHARED = "test.broker";

    private Map<String, String> arguments = Map.of();
    private @Nullable EmbeddedKafkaBroker own;

    @Override
    public void init(Map<String, String> initArgs) {
        arguments = initArgs;
    }

    @Override
    public Map<String, String> start() {
        boolean fresh = Boolean.parseBoolean(arguments.getOrDefault("fresh", "false"));
        String address = fresh ? null : System.getProperty(SHARED);
        if (address == null) {
            EmbeddedKafkaBroker broker = startBroker();
            address = "127.0.0.1:" + broker.getAdvertisedListeners().replaceAll(".*:", "");
            createTopics(address, Integer.parseInt(arguments.getOrDefault("partitions", "1")));
            if (fresh) {
                own = broker;
            } else {
                System.setProperty(SHARED, address);
                Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "test-broker-close"));
            }
        }
        return Map.of("kafka.bootstrap.servers", address);
    }

    @Override
    public void stop() {
        if (own != null) {
            own.close();
            own = null;
        }
    }

    private static EmbeddedKafkaBroker startBroker() {
        return new EmbeddedKafkaBroker()
                .withNodeId(0)
                .withDeleteLogDirsOnClose(true)
                .withAdditionalProperties(properties -> {
                    // Room for the headers of a dead letter whose value has the greatest allowed size.
                    properties.put("message.max.bytes", Integer.toString(Topic.MAX_RECORD_BYTES + 64 * 1024));
                    properties.put("auto.create.topics.enable", "false");
                    properties.put("offsets.topic.num.partitions", "1");
                    properties.put("offsets.topic.replication.factor", "1");
                    properties.put("transaction.state.log.num.partitions", "1");
                    properties.put("transaction.state.log.replication.factor", "1");
                    properties.put("transaction.state.log.min.isr", "1");
                    properties.put("group.initial.rebalance.delay.ms", "0");
                })
                .start();
    }

    private static void createTopics(String address, int partitions) {
        List<NewTopic> topics = new ArrayList<>();
        for (Topic<?> topic : Topic.ALL) {
            boolean registry = topic.retention() == Topic.Retention.COMPACTED;
            topics.add(new NewTopic(topic.name(), registry ? 1 : partitions, (short) 1)
                    .configs(Map.of("cleanup.policy", topic.retention().cleanupPolicy())));
            topics.add(new NewTopic(topic.deadLetters(), 1, (short) 1));
        }
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, (Object) address))) {
            for (KafkaFuture<Void> created : admin.createTopics(topics).values().values()) {
                await(created);
            }
        }
    }

    private static void await(KafkaFuture<Void> created) {
        try {
            created.get();
        } catch (ExecutionException e) {
            // A slow broker makes the client ask twice.
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException("topic not created: " + e.getCause(), e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while creating topics", e);
        }
    }
}
