package io.alignstream.local.broker;

import static org.awaitility.Awaitility.await;

import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * A broker process like that of production: TLS with a certificate of its own, a name and password for each user, and the
 * rights of the Kubernetes manifests. At a second listener, the launcher's, everything is allowed.
 */
public final class SecuredBroker implements AutoCloseable {

    /** Of every user. */
    public static final String PASSWORD = "a-password";

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Path folder;
    private final Site site;
    private final ProcessGroup group;

    private SecuredBroker(Path folder, Site site, ProcessGroup group) {
        this.folder = folder;
        this.site = site;
        this.group = group;
    }

    /** Starts one with all topics and users; its files lie in {@code folder}. */
    public static SecuredBroker start(Path folder) throws Exception {
        Site site = TestSites.prepared(folder);
        certify(folder);
        ProcessGroup group = new ProcessGroup(site, new RecordingConsole().console());
        SecuredBroker broker = new SecuredBroker(folder, site, group);
        try {
            group.start(Broker.at(site, TestSites.installation(), broker.settings()));
            group.awaitReady("broker");
            TopicSetup.createMissing(site.connection());
            broker.letIn();
            return broker;
        } catch (Exception e) {
            broker.close();
            throw e;
        }
    }

    private static void certify(Path folder) throws IOException, InterruptedException {
        keytool(
                folder,
                "-genkeypair -keyalg EC -groupname secp256r1 -dname CN=broker -ext san=ip:127.0.0.1 -validity 2");
        keytool(folder, "-exportcert -rfc -file " + folder.resolve("ca.crt"));
    }

    private static void keytool(Path folder, String what) throws IOException, InterruptedException {
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        List<String> command = List.of((keytool + " " + what + " -alias broker -storetype PKCS12 -storepass " + PASSWORD
                        + " -keystore " + folder.resolve("broker.p12"))
                .split(" "));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("keytool has failed: " + command);
        }
    }

    private Map<String, String> settings() {
        String open = "PLAINTEXT://" + site.connection().servers();
        String users = "USERS://127.0.0.1:" + port();
        Map<String, String> settings = new HashMap<>();
        settings.put("listeners", open + "," + users + ",CONTROLLER://127.0.0.1:" + site.controllerPort());
        settings.put("advertised.listeners", open + "," + users);
        settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,USERS:SASL_SSL");
        settings.put("inter.broker.listener.name", "PLAINTEXT");
        settings.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
        settings.put(
                "listener.name.users.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        settings.put("ssl.keystore.type", "PKCS12");
        settings.put("ssl.keystore.location", folder.resolve("broker.p12").toString());
        settings.put("ssl.keystore.password", PASSWORD);
        settings.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        settings.put("super.users", "User:ANONYMOUS");
        return settings;
    }

    private void letIn() throws Exception {
        letIn(UserManifests.rights().keySet(), UserManifests.bindings());
    }

    /** Lets {@code user} do whatever clients can, as whoever has brokers of their own lets the launcher. */
    public void letInToAll(String user) throws Exception {
        letIn(
                List.of(user),
                Stream.of(ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID, ResourceType.CLUSTER)
                        .map(type -> new AclBinding(
                                new ResourcePattern(
                                        type,
                                        type == ResourceType.CLUSTER
                                                ? Resource.CLUSTER_NAME
                                                : ResourcePattern.WILDCARD_RESOURCE,
                                        PatternType.LITERAL),
                                new AccessControlEntry("User:" + user, "*", AclOperation.ALL, AclPermissionType.ALLOW)))
                        .toList());
    }

    private void letIn(Collection<String> users, Collection<AclBinding> rights) throws Exception {
        try (Admin admin = Admin.create(open())) {
            admin.alterUserScramCredentials(users.stream()
                            .map(user -> new UserScramCredentialUpsertion(
                                    user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), PASSWORD))
                            .map(upsertion -> (UserScramCredentialAlteration) upsertion)
                            .toList())
                    .all()
                    .get();
            admin.createAcls(rights).all().get();
            awaitRights(admin, rights);
        }
        for (String user : users) {
            awaitLogin(user);
        }
    }

    /** The controller knows rights some milliseconds before the broker does, which is asked here. */
    private static void awaitRights(Admin admin, Collection<AclBinding> rights) {
        await().atMost(PATIENCE)
                .until(() ->
                        admin.describeAcls(AclBindingFilter.ANY).values().get().containsAll(rights));
    }

    /** The controller knows a new user some milliseconds before the broker does. */
    private void awaitLogin(String user) {
        await().atMost(PATIENCE).until(() -> {
            try (Admin admin = Admin.create(as(user))) {
                return !admin.listTopics().names().get().isEmpty();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SaslAuthenticationException) {
                    return false;
                }
                throw e;
            }
        });
    }

    private int port() {
        return site.brokerPort() - 1;
    }

    /** How one comes to the listener where everything is allowed. */
    Map<String, Object> open() {
        return site.connection().settings();
    }

    /** How {@code user} comes in: the settings that the pods of production have. */
    public Map<String, Object> as(String user) {
        return Map.of(
                "bootstrap.servers",
                "127.0.0.1:" + port(),
                "security.protocol",
                "SASL_SSL",
                "sasl.mechanism",
                "SCRAM-SHA-512",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + user + "\" password=\""
                        + PASSWORD + "\";",
                "ssl.truststore.type",
                "PEM",
                "ssl.truststore.location",
                folder.resolve("ca.crt").toString());
    }

    @Override
    public void close() {
        group.stopStarted();
    }
}
