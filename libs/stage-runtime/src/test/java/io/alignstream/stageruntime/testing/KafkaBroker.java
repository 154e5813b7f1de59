package io.alignstream.stageruntime.testing;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.contracts.workers.WorkerShards;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.smallrye.reactive.messaging.kafka.companion.test.EmbeddedKafkaBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.security.Security;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;

/**
 * A real broker inside the test's process with every topic of {@link Topic#ALL} and its dead letters, one partition
 * each, and {@link WorkerShards}; its address is {@code kafka.bootstrap.servers}.
 *
 * <p>One broker serves all tests of the process. With the argument {@code fresh=true} a test gets one of its own, and
 * {@code partitions=N} gives the data topics more partitions. With {@code user=SERVICE} its own broker lets in by name and
 * password only, asks for rights, and the test's service is that user, which {@code also=SERVICE} gives the rights of
 * another one; {@link #ADMIN} is an address where everything is
 * allowed.
 */
public final class KafkaBroker implements QuarkusTestResourceLifecycleManager {

    /** Survives the class loaders of test profiles, which a static field would not. */
    private static final String SHARED = "test.broker";

    /** Setting with the address of a broker with users at which nobody is asked who it is. */
    public static final String ADMIN = "test.broker.admin";

    /** Argument of a broker with users: the password that the service believes to have. */
    public static final String PASSWORD = "password";

    private static final String RIGHT_PASSWORD = "right";

    private Map<String, String> arguments = Map.of();
    private @Nullable EmbeddedKafkaBroker own;

    @Override
    public void init(Map<String, String> initArgs) {
        arguments = initArgs;
    }

    @Override
    public Map<String, String> start() {
        String user = arguments.get("user");
        if (user != null) {
            return startWithUser(user);
        }
        boolean fresh = Boolean.parseBoolean(arguments.getOrDefault("fresh", "false"));
        String address = fresh ? null : System.getProperty(SHARED);
        if (address == null) {
            EmbeddedKafkaBroker broker = startBroker(properties -> {});
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

    /** Every test with users has a broker of its own. */
    private Map<String, String> startWithUser(String user) {
        int port = freePort();
        // Class loaders come and go with test profiles; the JVM keeps what an earlier one has registered.
        Security.removeProvider("Simple SASL/PLAIN Server Provider");
        own = startBroker(properties -> {
            properties.merge("listeners", ",USERS://127.0.0.1:" + port, (all, more) -> all + "" + more);
            properties.computeIfPresent("advertised.listeners", (name, all) -> all + ",USERS://127.0.0.1:" + port);
            properties.merge("listener.security.protocol.map", ",USERS:SASL_PLAINTEXT", (all, more) -> all + "" + more);
            properties.put("sasl.enabled.mechanisms", "PLAIN");
            properties.put(
                    "listener.name.users.plain.sasl.jaas.config",
                    "org.apache.kafka.common.security.plain.PlainLoginModule required user_" + user + "=\""
                            + RIGHT_PASSWORD + "\";");
            properties.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
            properties.put("super.users", "User:ANONYMOUS");
        });
        String admin = Arrays.stream(own.getAdvertisedListeners().split(","))
                .filter(listener -> !listener.startsWith("USERS"))
                .map(listener -> "127.0.0.1:" + listener.replaceAll(".*:", ""))
                .findFirst()
                .orElseThrow();
        createTopics(admin, Integer.parseInt(arguments.getOrDefault("partitions", "1")));
        letIn(admin, user, Set.of(user, arguments.getOrDefault("also", "")));
        awaitRights(as(user, RIGHT_PASSWORD, port));
        Map<String, String> settings = new HashMap<>(Map.of(ADMIN, admin));
        as(user, arguments.getOrDefault(PASSWORD, RIGHT_PASSWORD), port)
                .forEach((name, value) -> settings.put("kafka." + name, value));
        return settings;
    }

    private static Map<String, String> as(String user, String password, int port) {
        return Map.of(
                "bootstrap.servers",
                "127.0.0.1:" + port,
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                        + password + "\";");
    }

    /** The controller knows rights some milliseconds before the broker does. */
    private static void awaitRights(Map<String, String> connection) {
        try (Admin user = Admin.create(new HashMap<>(connection))) {
            while (user.listTopics().names().get().isEmpty()) {
                Thread.onSpinWait();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker was not set up: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the broker was set up", e);
        }
    }

    /** Gives the user of a service what {@link BrokerUser} says that it may do. */
    private static void letIn(String address, String user, Set<String> services) {
        List<AclBinding> bindings = BrokerUser.all().stream()
                .filter(service -> services.contains(service.name()))
                .flatMap(service -> service.rights().entrySet().stream())
                .flatMap(right -> right.getValue().stream()
                        .map(operation -> new AclBinding(
                                right.getKey(),
                                new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW))))
                .toList();
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, (Object) address))) {
            await(admin.createAcls(bindings).all());
        }
    }

    /** Takes a right on a topic from {@code user}. */
    public static void revoke(String address, String user, String topic, AclOperation operation) {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, (Object) address))) {
            await(admin.deleteAcls(List.of(new AclBindingFilter(
                            new ResourcePatternFilter(ResourceType.TOPIC, topic, PatternType.ANY),
                            new AccessControlEntryFilter("User:" + user, null, operation, AclPermissionType.ANY))))
                    .all());
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static EmbeddedKafkaBroker startBroker(Consumer<Properties> more) {
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
                    properties.put("group.min.session.timeout.ms", "500");
                    more.accept(properties);
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
        topics.add(new NewTopic(WorkerShards.TOPIC, WorkerShards.PARTITIONS, (short) 1));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, (Object) address))) {
            for (KafkaFuture<Void> created : admin.createTopics(topics).values().values()) {
                await(created);
            }
        }
    }

    private static void await(KafkaFuture<?> done) {
        try {
            done.get();
        } catch (ExecutionException e) {
            // A slow broker makes the client ask twice.
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException("the broker was not set up: " + e.getCause(), e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the broker was set up", e);
        }
    }
}
