package io.alignstream.local.command.letters;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.replay.Replay.Outcome;
import io.alignstream.contracts.replay.Replay.Place;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream replay}. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Publish records that could not be processed once more.",
            "",
            "Each goes to the end of its topic again, as it stands there. One whose topic holds a newer record of its key is"
                    + " left alone, so a second call publishes nothing twice. What is still wrong with a record comes back as a"
                    + " new dead letter."
        })
public final class ReplayCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(paramLabel = "TOPIC", description = "Whose dead letters: those of a topic that people publish to.")
    String topic = "";

    @Option(
            names = "--at",
            paramLabel = "PARTITION/OFFSET",
            description = "Only the record that stands there; may be repeated. Default: all.")
    List<String> places = List.of();

    @Option(names = "--list", description = "Show what there is with its reason, and publish nothing.")
    boolean list;

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT",
            description =
                    "Brokers elsewhere. Default: the broker of this machine, which is started if it does not run.")
    @Nullable
    String bootstrapServers;

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description = "Who comes to brokers that ask: a file of client properties, as Kafka's own tools take it.")
    @Nullable
    Path commandConfig;

    @Override
    public Integer call() throws IOException {
        Topic<?> chosen = writable(topic);
        Console console = Console.standard();
        Map<String, Object> connection = connection();
        if (bootstrapServers != null) {
            connection.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
            replay(new Letters(chosen, connection), console);
            return 0;
        }
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            connection.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, site.bootstrapServers());
            replay(new Letters(chosen, connection), console);
        }
        return 0;
    }

    private void replay(Letters letters, Console console) {
        try {
            SequencedMap<Place, String> all = letters.all();
            Collection<Place> wanted = wanted(all);
            if (list) {
                wanted.forEach(place -> console.line(name(place) + "  " + all.get(place)));
            } else {
                outcome(letters.replay(wanted).values()).forEach(console::line);
            }
        } catch (KafkaException e) {
            throw LaunchException.ofKafka(
                    "Not everything of " + topic + " was replayed: " + e.getMessage()
                            + ". Call again: what was replayed is not replayed twice.",
                    e);
        }
    }

    private Collection<Place> wanted(SequencedMap<Place, String> all) {
        if (places.isEmpty()) {
            return all.sequencedKeySet();
        }
        List<Place> wanted = new ArrayList<>();
        for (String given : places) {
            wanted.add(all.keySet().stream()
                    .filter(place -> name(place).equals(given))
                    .findFirst()
                    .orElseThrow(() -> new LaunchException("There is no dead letter of " + topic + " at " + given
                            + "; --list shows those that there are.")));
        }
        return wanted;
    }

    private static String name(Place place) {
        return place.partition() + "/" + place.offset();
    }

    /** What became of the letters, in words. */
    static List<String> outcome(Collection<Outcome> outcomes) {
        if (outcomes.isEmpty()) {
            return List.of("no dead letters");
        }
        List<String> lines = new ArrayList<>();
        Map<Outcome, Long> counts =
                outcomes.stream().collect(Collectors.groupingBy(outcome -> outcome, Collectors.counting()));
        counts.forEach((outcome, count) -> lines.add("%,d %s"
                .formatted(
                        count,
                        switch (outcome) {
                            case REPLAYED -> "published once more";
                            case SUPERSEDED ->
                                "left alone: there is a newer record of the key, or it was replayed before";
                            case GONE -> "not there any more";
                        })));
        lines.sort(null);
        return lines;
    }

    /** Only topics that people publish to: what services write, they make anew, and their newest record is what counts. */
    private static Topic<?> writable(String name) {
        List<Topic<?>> open = Topic.ALL.stream()
                .filter(topic -> BrokerUser.OPERATOR
                        .operations(ResourceType.TOPIC, topic.name())
                        .contains(AclOperation.WRITE))
                .<Topic<?>>map(topic -> topic)
                .toList();
        return open.stream()
                .filter(topic -> topic.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new LaunchException("People do not publish to a topic " + name
                        + "; to be replayed from here are "
                        + open.stream().map(Topic::name).collect(Collectors.joining(", "))
                        + ". What a service may replay of other topics, its page offers."));
    }

    private Map<String, Object> connection() throws IOException {
        Map<String, Object> connection = new HashMap<>();
        if (commandConfig != null) {
            Properties properties = new Properties();
            try (Reader file = Files.newBufferedReader(commandConfig)) {
                properties.load(file);
            }
            properties.forEach((name, value) -> connection.put((String) name, value));
        }
        return connection;
    }
}
