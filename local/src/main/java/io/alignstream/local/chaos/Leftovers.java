package io.alignstream.local.chaos;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.archive.RegistryArchive;
import io.alignstream.training.effort.EffortLog;
import io.alignstream.training.retention.Garbage;
import io.alignstream.training.retention.Registry;
import io.alignstream.training.retention.Retention;
import io.alignstream.training.retention.StoreCollector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What is left in a store that nothing leads to, when the pipeline is quiet and everything has had its time: nothing.
 *
 * <p>The store is collected as {@code ./alignstream gc --delete} does it, made older than any grace, and collected once more.
 * Afterwards a collection finds nothing, and every object is one of these: a file that the manifest of a finished checkpoint
 * names, such a manifest, the same of the answers that a run has sampled, of what finished runs have taken, of
 * inference-service's secret and of the records of the registry topics that it keeps, a run's small notes, or the room that is
 * put aside for notes. So no state of a finished
 * run is left, nothing of a run without a result and no half of a checkpoint.
 */
final class Leftovers {

    /** The longest that anything stays, and more than that. */
    private static final Duration MARGIN = Duration.ofDays(2);

    /** Below the store's root: what inference-service signs its answers' receipts with. */
    private static final String SECRETS = "receipts";

    private static final String NOTE = "[a-z]+-[0-9]{18}-[0-9a-f-]{36,64}";

    private final CheckpointStore store;
    private final URI root;
    private final Path objects;
    private final Retention retention;
    private final Registry.Source registry;

    /**
     * Those of a store that nobody works with.
     *
     * @param root the store's address
     * @param objects where its objects lie, a file for each
     */
    Leftovers(CheckpointStore store, URI root, Path objects, Retention retention, Registry.Source registry) {
        this.store = store;
        this.root = root;
        this.objects = objects;
        this.retention = retention;
        this.registry = registry;
    }

    /** What nobody needs and is there for ever, one line each. */
    List<String> findings() throws IOException {
        StoreCollector collector = new StoreCollector(store, retention);
        collector.collect(registry);
        makeOlder();
        collector.collect(registry);
        List<String> findings = new ArrayList<>();
        for (Garbage found : collector.find(registry.read())) {
            findings.add("nobody needs %s of %s/%s, and it stays: %s"
                    .formatted(found.kind(), found.stage().id(), found.run(), Messages.english(found.why())));
        }
        // Looked at before it is asked what leads where: what somebody was writing has its manifest by then, or is
        // gone.
        List<String> keys;
        try (Stream<Path> files = Files.walk(objects)) {
            keys = files.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().matches(NOTE))
                    .map(file -> objects.relativize(file).toString())
                    .sorted()
                    .toList();
        }
        Set<String> known = known(store, holding -> holding.manifest().complete());
        known.addAll(known(store.below(TrainingRun.RECORDS), answers -> true));
        known.addAll(known(store.below(EffortLog.EFFORTS), this::isOfAFinishedRun));
        known.addAll(known(store.below(SECRETS), secret -> true));
        known.addAll(known(store.below(RegistryArchive.FOLDER), record -> true));
        known.add(CheckpointStore.RESERVE);
        keys.stream()
                .filter(key -> !known.contains(key) && Files.exists(objects.resolve(key)))
                .forEach(key -> findings.add("the store holds " + key + ", and nothing leads to it"));
        return findings;
    }

    private boolean isOfAFinishedRun(CheckpointStore.Holding effort) {
        try {
            return store.holdings(effort.manifest().stage(), effort.manifest().run())
                    .complete();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As if nothing had happened for so long that all that retention keeps for a time has had it. */
    private void makeOlder() throws IOException {
        Duration longest =
                retention.grace().compareTo(retention.unfinished()) > 0 ? retention.grace() : retention.unfinished();
        FileTime then = FileTime.from(Instant.now().minus(longest).minus(MARGIN));
        try (Stream<Path> files = Files.walk(objects)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, then);
            }
        }
    }

    /** Keys of the objects of those checkpoints in a part of the store that are {@code kept}. */
    private Set<String> known(CheckpointStore part, Predicate<CheckpointStore.Holding> kept) throws IOException {
        Set<String> known = new HashSet<>();
        for (Stage stage : Stage.values()) {
            for (String run : part.runs(stage)) {
                for (CheckpointStore.Holding holding : part.holdings(stage, run).checkpoints()) {
                    if (kept.test(holding)) {
                        String folder =
                                root.relativize(holding.reference().uri()).toString() + "/";
                        known.add(folder + Manifest.FILE_NAME);
                        holding.files().keySet().forEach(file -> known.add(folder + file));
                    }
                }
            }
        }
        return known;
    }
}
