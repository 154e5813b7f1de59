package io.alignstream.local.command.store;

import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream restore}. */
@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Give brokers that have lost them the tokenizers, models, verdicts and decisions that the store keeps.",
            "",
            "inference-service keeps each record of " + RestoreCommand.KEPT
                    + " in the store. They are published again as they"
                    + " were and in their order, so what was rolled back stays rolled back. Before, manifests are checked by"
                    + " their hashes, models in use byte for byte. A second call publishes nothing. What only the brokers hold"
                    + " (documents, instructions, prompts, rankings) comes from a backup of the topics: docs/deploy.md."
        })
public final class RestoreCommand implements Callable<Integer> {

    static final String KEPT = "tokenizers, checkpoints, model-releases, guard-decisions and stage-controls";

    @Mixin
    SiteOptions options = new SiteOptions();

    @Option(names = "--dry-run", description = "Say what would be published, and publish nothing.")
    boolean dryRun;

    @Option(
            names = "--store",
            paramLabel = "URI",
            description = "The store: file:/FOLDER or s3://BUCKET/PREFIX. Default: that of the data folder's services.")
    @Nullable
    URI storeRoot;

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console);
                CheckpointStore store = openStore(site)) {
            return restore(store, site.connection(), console) ? 0 : 1;
        }
    }

    private CheckpointStore openStore(Site site) throws IOException {
        try {
            return storeRoot == null
                    ? new SiteSettings(site, System.getenv()).openStore()
                    : CheckpointStore.open(storeRoot, site.storeCache());
        } catch (IllegalArgumentException e) {
            throw new LaunchException("--store cannot be: " + e.getMessage() + ".", e);
        }
    }

    /** Looks, publishes unless it is a dry run, and tells; false if something that the store keeps was left out. */
    boolean restore(CheckpointStore store, KafkaConnection connection, Console console) throws IOException {
        Restoration restoration = Restoration.plan(store, connection);
        requireNoContradiction(restoration);
        if (restoration.topics().stream()
                .allMatch(topic -> topic.due().isEmpty()
                        && topic.there() == 0
                        && topic.left().isEmpty())) {
            console.line(
                    "The store keeps no record of a topic. inference-service keeps them while it runs; if it never ran"
                            + " with this store, only a backup of the topics brings them back.");
        }
        for (Restoration.OfTopic topic : restoration.topics()) {
            console.line("%-16s %,6d to publish %,6d there already"
                    .formatted(topic.topic().name(), topic.due().size(), topic.there()));
            topic.left()
                    .forEach((key, why) -> console.line("left out: %s of %s: %s"
                            .formatted(key, topic.topic().name(), why)));
        }
        missing(Restoration.others(connection)).forEach(console::line);
        if (dryRun) {
            console.line("nothing was published: --dry-run");
        } else {
            console.line("published %,d records".formatted(restoration.publish(connection)));
        }
        return restoration.topics().stream().allMatch(topic -> topic.left().isEmpty());
    }

    private static void requireNoContradiction(Restoration restoration) {
        List<String> contradictions = restoration.topics().stream()
                .flatMap(topic -> topic.contradictions().stream()
                        .map(key -> "    " + key + " of " + topic.topic().name()))
                .toList();
        if (!contradictions.isEmpty()) {
            throw new LaunchException(
                    "The topics hold what the store has never seen, so nobody can say in which order the two belong:\n"
                            + contradictions.stream().limit(20).collect(Collectors.joining("\n"))
                            + (contradictions.size() > 20
                                    ? "\n    and %,d more".formatted(contradictions.size() - 20)
                                    : "")
                            + "\nIf they are right, start inference-service: it adds them to the store within seconds, and"
                            + " restore puts them behind what was there before. If not, delete these topics and begin with"
                            + " empty ones. Nothing was published.");
        }
    }

    /** What no store gives back. */
    private static List<String> missing(Map<Topic<?>, Long> others) {
        return Topic.ALL.stream()
                .filter(topic -> others.getOrDefault(topic, -1L) == 0)
                .map(topic -> "%-16s empty, and not in the store: %s".formatted(topic.name(), wayBack(topic)))
                .toList();
    }

    private static String wayBack(Topic<?> topic) {
        if (topic == Topic.CLEAN_DOCUMENTS) {
            return "tokenizer-service makes them of the documents";
        }
        if (topic == Topic.TOKEN_BATCHES) {
            return "tokenizer-service packs the clean documents again";
        }
        if (topic == Topic.DOCUMENTS || topic == Topic.INSTRUCTIONS || topic == Topic.PROMPTS) {
            return "publish the files again, or take a backup of the topics";
        }
        return "what people said comes from a backup of the topics alone";
    }
}
