package io.alignstream.local.command.letters;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.contracts.replay.Replay.Outcome;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
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

    @Parameters(
            paramLabel = "TOPIC",
            description = "Whose dead letters. At brokers that ask, the user needs the right to write it.")
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
        Topic<?> chosen = suited(topic);
        Console console = Console.standard();
        Map<String, Object> connection = connection();
        if (bootstrapServers != null) {
            connection.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
            replay(new Letters(chosen, connection), console);
            return 0;
        }
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            connection.putAll(site.connection().settings());
            replay(new Letters(chosen, connection), console);
        }
        return 0;
    }

    private void replay(Letters letters, Console console) {
        try {
            SequencedMap<Letter, String> all = letters.all();
            Collection<Letter> wanted = wanted(all);
            if (list) {
                wanted.forEach(letter -> console.line(name(letter) + "  " + all.get(letter)));
            } else {
                SequencedMap<Letter, Outcome> outcomes = letters.replay(wanted);
                outcome(outcomes.values()).forEach(console::line);
                outcomes.forEach((letter, outcome) -> {
                    if (outcome == Outcome.REFUSED) {
                        console.line("refused: " + name(letter));
                    }
                });
            }
        } catch (KafkaException e) {
            throw LaunchException.ofKafka(
                    "Not everything of " + topic + " was replayed: " + e.getMessage()
                            + ". Call again: what was replayed is not replayed twice.",
                    e);
        }
    }

    private Collection<Letter> wanted(SequencedMap<Letter, String> all) {
        if (places.isEmpty()) {
            return all.sequencedKeySet();
        }
        Set<Letter> wanted = new LinkedHashSet<>();
        for (String given : places) {
            List<Letter> there = all.keySet().stream()
                    .filter(letter -> name(letter).equals(given))
                    .toList();
            if (there.isEmpty()) {
                throw new LaunchException("There is no dead letter of " + topic + " at " + given
                        + "; --list shows those that there are.");
            }
            wanted.addAll(there);
        }
        return wanted;
    }

    private static String name(Letter letter) {
        return letter.place().partition() + "/" + letter.place().offset();
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
                            case GONE -> "not there any more, or another record is in its place";
                            case REFUSED ->
                                "refused by the brokers: too large with the header that a replay adds, or none that"
                                        + " they take";
                        })));
        lines.sort(null);
        return lines;
    }

    private static Topic<?> suited(String name) {
        return Replay.suited().stream()
                .filter(topic -> topic.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new LaunchException((Topic.ALL.stream()
                                        .anyMatch(topic -> topic.name().equals(name))
                                ? "Records of " + name + " are not published once more: what counts there goes by"
                                        + " the order of all records, so an old one at the end would replace newer"
                                        + " ones. Whoever writes the topic publishes what is right."
                                : "There is no topic " + name + ".")
                        + " To be replayed are "
                        + Replay.suited().stream().map(Topic::name).collect(Collectors.joining(", ")) + "."));
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
