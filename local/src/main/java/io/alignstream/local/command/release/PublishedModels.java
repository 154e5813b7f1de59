package io.alignstream.local.command.release;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.card.CarbonEstimate;
import io.alignstream.training.card.CardReader;
import io.alignstream.training.card.ModelCard;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The models that the topics of a site know, while a broker is there to ask: one that runs, or one for this time alone. */
final class PublishedModels implements AutoCloseable {

    private final Site site;
    private final SiteSettings settings;
    private final Console console;
    private final @Nullable LocalCluster cluster;
    private final Registry registry;

    private PublishedModels(Site site, Console console, @Nullable LocalCluster cluster) {
        this.site = site;
        this.settings = new SiteSettings(site, System.getenv());
        this.console = console;
        this.cluster = cluster;
        this.registry = PublishedRegistry.read(site.connection());
    }

    /** Starts a broker, unless one runs, whoever has started it. */
    static PublishedModels open(Site site, Console console) {
        if (!Files.isDirectory(site.kafka())) {
            throw none();
        }
        boolean runs = !site.hasBroker()
                || ManagedProcess.find(site.run(), Broker.NAME)
                        .filter(ManagedProcess::alive)
                        .isPresent();
        if (runs) {
            return new PublishedModels(site, console, null);
        }
        LocalCluster started = LocalCluster.startBrokerToFreeSpace(site, Installation.current(), console);
        try {
            return new PublishedModels(site, console, started);
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
    }

    Registry registry() {
        return registry;
    }

    /**
     * The model that a person means: a release or a finished model.
     *
     * @param name beginning of its run's id or of its sha256; null for the release that was approved last, or else the SFT model,
     *     or else the base model, that is in use
     * @throws LaunchException if there is none, or several begin so
     */
    Reference find(@Nullable String name) {
        return find(registry, name);
    }

    static Reference find(Registry registry, @Nullable String name) {
        if (name == null) {
            return registry.newestApproved()
                    .map(ModelRelease::reference)
                    .or(() -> registry.inUse(Stage.SFT).map(Checkpoint::reference))
                    .or(() -> registry.inUse(Stage.PRETRAIN).map(Checkpoint::reference))
                    .orElseThrow(PublishedModels::none);
        }
        List<Reference> found = Stream.concat(
                        registry.releases().stream()
                                .filter(release -> begins(release.run(), release.reference(), name))
                                .map(ModelRelease::reference),
                        registry.checkpoints().stream()
                                .filter(model -> begins(model.run(), model.reference(), name))
                                .map(Checkpoint::reference))
                .distinct()
                .toList();
        if (found.size() != 1) {
            throw new LaunchException(
                    found.isEmpty()
                            ? "No release and no finished model has a run or a sha256 that begins with " + name
                                    + "; ./alignstream release list shows the releases."
                            : found.size() + " models begin with " + name + "; give more of the run, or its sha256.");
        }
        return found.getFirst();
    }

    private static boolean begins(String run, Reference reference, String name) {
        return run.startsWith(name) || reference.sha256().startsWith(name);
    }

    /** What is told of a model, with the newest verdict on it. */
    ModelCard card(CheckpointStore store, Reference model) throws IOException {
        CardReader reader = new CardReader(
                store,
                new FrozenData(site.connection(), console::line),
                settings.value("alignstream.card.licence"),
                new CarbonEstimate.Assumptions(
                        number("alignstream.card.watts"),
                        number("alignstream.card.card-watts"),
                        number("alignstream.card.grams-per-kwh")));
        Optional<ModelRelease> release = registry.releases().reversed().stream()
                .filter(verdict -> verdict.reference().sha256().equals(model.sha256()))
                .findFirst();
        return release.isPresent() ? reader.card(release.get()) : reader.card(model);
    }

    private double number(String setting) {
        try {
            return Double.parseDouble(settings.value(setting));
        } catch (NumberFormatException e) {
            throw new LaunchException(setting + " is " + settings.value(setting) + " but must be a number.", e);
        }
    }

    static LaunchException none() {
        return new LaunchException(
                "No stage has published a model yet; name the folder of one, or train one with ./alignstream train.");
    }

    @Override
    public void close() {
        if (cluster != null) {
            cluster.close();
        }
    }
}
