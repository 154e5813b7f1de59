package io.alignstream.local.command.store;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.retention.Garbage;
import io.alignstream.training.retention.Registry;
import io.alignstream.training.retention.Retention;
import io.alignstream.training.retention.StoreCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream gc}. */
@Command(
        name = "gc",
        mixinStandardHelpOptions = true,
        description = {
            "Show what of the store nobody needs, with its size and why; with --delete, delete what is due.",
            "",
            "The services do the same after each finished run, and when there is no room. Needed is what the topics lead to:"
                    + " releases that are served or that one can roll back to, with all that they were made from; the newest"
                    + " models of each stage; whatever a run in flight works with. Manifests of finished models always stay."
                    + " How much is kept: ./alignstream settings, alignstream.store.retention.*"
        })
public final class GcCommand implements Callable<Integer> {

    private static final String ROW = "%-9s %-14s %-12s %10s  %-20s  %s";
    private static final String RETENTION = "alignstream.store.retention.";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Mixin
    SiteOptions options = new SiteOptions();

    @Option(names = "--delete", description = "Delete what is due. Without it nothing is changed.")
    boolean delete;

    @Option(
            names = "--grace",
            paramLabel = "DURATION",
            description = "How long what nobody needs stays, as in ISO 8601; PT0S for not at all."
                    + " Default: alignstream.store.retention.grace.")
    @Nullable
    Duration grace;

    @Option(names = "--json", paramLabel = "FILE", description = "Write what was found as JSON, too.")
    @Nullable
    Path json;

    /** Something that nobody needs, as it stands in a JSON file. */
    record Found(String stage, String run, String what, long bytes, String due, String why) {

        static Found of(Garbage garbage) {
            return new Found(
                    garbage.stage().id(),
                    garbage.run(),
                    kind(garbage),
                    garbage.bytes(),
                    garbage.due().toString(),
                    Messages.english(garbage.why()));
        }
    }

    /** What was found, and deleted if that was asked for. */
    record Report(long used, long freed, List<Found> found) {}

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBrokerToFreeSpace(site, Installation.current(), console)) {
            Report report = run(
                    new SiteSettings(site, System.getenv()), () -> PublishedRegistry.read(site.connection()), console);
            if (json != null) {
                JSON.writeValue(json.toFile(), report);
            }
        }
        return 0;
    }

    /** Looks, deletes if asked to, and tells. */
    Report run(SiteSettings settings, Registry.Source registry, Console console) throws IOException {
        Retention retention = retention(settings, grace);
        try (CheckpointStore store = settings.openStore()) {
            StoreCollector collector = new StoreCollector(store, retention);
            List<Garbage> found = collector.find(registry.read());
            Instant now = Instant.now();
            console.line(ROW.formatted("stage", "run", "what", "size", "may go", "why"));
            found.forEach(garbage -> console.line(ROW.formatted(
                            garbage.stage().id(),
                            garbage.run(),
                            kind(garbage),
                            Capacity.text(garbage.bytes()),
                            garbage.due().isAfter(now) ? due(garbage) : "now",
                            Messages.english(garbage.why()))
                    .stripTrailing()));
            long all = bytes(found);
            long freed = delete ? bytes(collector.collect(registry)) : 0;
            long used = store.used();
            console.line("%s in the store, %s of it needed by nobody"
                    .formatted(Capacity.text(used + freed), Capacity.text(all)));
            console.line(
                    delete
                            ? "deleted " + Capacity.text(freed)
                            : "nothing was changed; --delete deletes what may go now, and begins the grace of the rest");
            return new Report(used, freed, found.stream().map(Found::of).toList());
        }
    }

    private static long bytes(List<Garbage> garbage) {
        return garbage.stream().mapToLong(Garbage::bytes).sum();
    }

    private static String due(Garbage garbage) {
        return garbage.due().toString().substring(0, "2000-01-01T00:00".length()) + " UTC";
    }

    private static String kind(Garbage garbage) {
        return garbage.kind().name().toLowerCase(Locale.ROOT);
    }

    /** How much the services of a site keep. */
    public static Retention retention(SiteSettings settings) {
        return retention(settings, null);
    }

    private static Retention retention(SiteSettings settings, @Nullable Duration grace) {
        try {
            return new Retention(
                    Integer.parseInt(settings.value(RETENTION + "models")),
                    Integer.parseInt(settings.value(RETENTION + "releases")),
                    grace == null ? Duration.parse(settings.value(RETENTION + "grace")) : grace,
                    Duration.parse(settings.value(RETENTION + "unfinished")),
                    Integer.parseInt(settings.value(RETENTION + "records")));
        } catch (RuntimeException e) {
            throw new LaunchException("These settings cannot be: " + e.getMessage() + ".", e);
        }
    }
}
