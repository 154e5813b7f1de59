package io.alignstream.local.broker;

import io.alignstream.local.process.Ports;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How the local broker is configured and started. */
public final class Broker {

    /** Name of the broker's process, log and record. */
    public static final String NAME = "kafka";

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration STOP_GRACE = Duration.ofSeconds(30);

    private Broker() {}

    /** Writes the broker's settings into the site and says how to start it. */
    public static ProcessSpec at(Site site, Installation installation) {
        return at(site, installation, Map.of());
    }

    /** The same with further settings, which come before its own. */
    static ProcessSpec at(Site site, Installation installation, Map<String, String> further) {
        Map<String, String> all = settings(site);
        all.putAll(further);
        Path settings = site.run().resolve("kafka.properties");
        try {
            Files.writeString(settings, text(all));
        } catch (IOException e) {
            throw new LaunchException("Cannot write " + settings + ": " + e.getMessage(), e);
        }
        String classPath = installation.brokerClassPath().stream()
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = List.of(
                installation.java().toString(),
                "-Xms64m",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS",
                "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
                "-cp",
                classPath,
                BrokerProgram.class.getName(),
                settings.toString());
        return new ProcessSpec(
                NAME,
                command,
                Map.of(),
                "kafka",
                List.of(site.brokerPort(), site.controllerPort()),
                () -> Ports.isOpen(site.brokerPort()),
                START_LIMIT,
                STOP_GRACE);
    }

    private static Map<String, String> settings(Site site) {
        String listeners = "PLAINTEXT://127.0.0.1:" + site.brokerPort();
        Map<String, String> settings = new TreeMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + site.controllerPort());
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("listeners", listeners + ",CONTROLLER://127.0.0.1:" + site.controllerPort());
        settings.put("advertised.listeners", listeners);
        settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("log.dirs", site.kafka().toString());
        settings.put("auto.create.topics.enable", "false");
        settings.put("num.partitions", "1");
        settings.put("default.replication.factor", "1");
        settings.put("min.insync.replicas", "1");
        for (String internal : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            settings.put(internal + ".replication.factor", "1");
            settings.put(internal + ".num.partitions", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        // Dead letters carry the original bytes and their reason: some more than the largest record.
        String largest = Integer.toString(TopicSetup.MAX_DEAD_LETTER_BYTES);
        settings.put("message.max.bytes", largest);
        settings.put("replica.fetch.max.bytes", largest);
        // After kill -9 the broker is fenced until its old session ends: make that short.
        settings.put("broker.session.timeout.ms", "2000");
        settings.put("broker.heartbeat.interval.ms", "500");
        settings.put("num.network.threads", "2");
        settings.put("num.io.threads", "4");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(16 * 1024 * 1024));
        settings.put("log.index.size.max.bytes", Integer.toString(1024 * 1024));
        return settings;
    }

    private static String text(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue().replace("\\", "\\\\") + "\n")
                .collect(Collectors.joining());
    }
}
