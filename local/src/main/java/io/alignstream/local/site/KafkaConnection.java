package io.alignstream.local.site;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * How clients come to the brokers: their addresses, and where the brokers ask, user, password and whose certificates count, as the
 * settings of Kafka's own clients. Immutable.
 */
public final class KafkaConnection {

    private static final String OF_SERVICES = "KAFKA_";

    private final Map<String, Object> settings;

    private KafkaConnection(Map<String, Object> settings) {
        this.settings = Map.copyOf(settings);
    }

    /** Brokers that ask nobody who they are, at {@code servers}. */
    public static KafkaConnection to(String servers) {
        return new KafkaConnection(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers));
    }

    /**
     * As {@code file} says, client properties as Kafka's own tools take them.
     *
     * @throws LaunchException if it cannot be read or does not name the brokers
     */
    public static KafkaConnection read(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new LaunchException(
                    "--kafka-config is " + file + ", which does not exist; give a file of Kafka client properties.", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException(
                    "--kafka-config is " + file + ", which cannot be read as client properties (" + e.getMessage()
                            + ").",
                    e);
        }
        Map<String, Object> settings = new HashMap<>();
        properties
                .stringPropertyNames()
                .forEach(name ->
                        settings.put(name, properties.getProperty(name, "").strip()));
        if (settings.getOrDefault(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, "")
                .equals("")) {
            throw new LaunchException("--kafka-config is " + file + " but names no brokers; add a line "
                    + CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG + "=HOST:PORT.");
        }
        return new KafkaConnection(settings);
    }

    /** The brokers' addresses. */
    public String servers() {
        return String.valueOf(settings.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    }

    /** The settings of a client. */
    public Map<String, Object> settings() {
        return settings;
    }

    /** The same with {@code further} ones, which count where both name one. */
    public Map<String, Object> with(Map<String, Object> further) {
        Map<String, Object> all = new HashMap<>(settings);
        all.putAll(further);
        return all;
    }

    /** The same for a service, as environment variables, which only its own user reads; without the addresses. */
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        settings.forEach((name, value) -> {
            if (!name.equals(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG)) {
                environment.put(OF_SERVICES + name.toUpperCase(Locale.ROOT).replace('.', '_'), value.toString());
            }
        });
        return environment;
    }

    /** The addresses alone: what is printed by mistake gives no password away. */
    @Override
    public String toString() {
        return servers();
    }
}
