package io.alignstream.local.command;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.report.StageResults;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.TemporaryFolder;
import io.alignstream.local.world.TinyWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./alignstream weights}. */
@Command(
        name = "weights",
        mixinStandardHelpOptions = true,
        description = {
            "Train every stage on a tiny world and print the id of each run and the sha256 of each model.",
            "",
            "Two builds that print the same list on one machine train alike: run it before and after a change that"
                    + " must not change what is learned. It takes about a minute. Another processor gives other"
                    + " weights, and so other runs of the stages that start from them."
        })
public final class WeightsCommand implements Callable<Integer> {

    private static final List<Stage> TRAINED = List.of(Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF);
    private static final Duration POLL = Duration.ofMillis(300);

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where to train; it must not exist yet. Default: a temporary folder, deleted at the end.")
    @Nullable
    Path dataFolder;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            defaultValue = "18080",
            description = "Services listen on PORT+1 to PORT+6, Kafka on PORT+12 and PORT+13. Default: 18080.")
    int portBase;

    @Option(
            names = "--service-option",
            paramLabel = "-DNAME=VALUE",
            description = "A further setting of the services, for example"
                    + " -Dalignstream.pretrain.precision=bfloat16; may be repeated.")
    List<String> serviceOptions = List.of();

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        if (dataFolder != null && Files.exists(dataFolder)) {
            throw new LaunchException(dataFolder + " exists already; give --data-dir a new folder, so that every stage"
                    + " trains from its beginning.");
        }
        if (dataFolder != null) {
            train(dataFolder, console);
            return 0;
        }
        try (TemporaryFolder folder = TemporaryFolder.create("alignstream-weights")) {
            train(folder.path(), console);
        }
        return 0;
    }

    private void train(Path folder, Console console) throws IOException {
        list(new Site(folder.toAbsolutePath(), portBase, Site.DEFAULT_SEED, options()), console)
                .forEach(console::line);
    }

    private List<String> options() {
        List<String> options = new ArrayList<>();
        TinyWorld.settings().forEach((name, value) -> options.add("-Dalignstream." + name + "=" + value));
        options.sort(null);
        options.addAll(serviceOptions);
        return options;
    }

    /** One line for each stage: its run and its model. */
    static List<String> list(Site site, Console console) throws IOException {
        Installation installation = Installation.current();
        try (LocalCluster broker = LocalCluster.startBroker(site, installation, console);
                CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            publish(new TinyWorld(site.seed()), site, store, broker, console);
            broker.keepRunning();
        }
        ServiceProcesses services = new ServiceProcesses(site, installation);
        List<ProcessSpec> trained = TRAINED.stream().map(services::of).toList();
        try (LocalCluster cluster = LocalCluster.start(site, installation, trained, console);
                CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            List<String> lines = new ArrayList<>();
            for (Checkpoint delivered : await(site, cluster)) {
                StoredCheckpoint stored = store.open(delivered.reference());
                lines.add("%-8s run %s  model %s"
                        .formatted(delivered.stage().id(), delivered.run(), StageResults.modelHash(stored)));
            }
            return lines;
        } finally {
            LocalCluster.stopAll(site, console);
        }
    }

    /** All of it before a stage starts, so that each sees the same topics from its first comparison on. */
    private static void publish(TinyWorld world, Site site, CheckpointStore store, LocalCluster broker, Console console)
            throws IOException {
        try (Publisher publisher = new Publisher(site.connection())) {
            publisher.publishAgain(Topic.TOKENIZERS, world.save(store));
            publisher.publishPacked(world.tokenBatches());
        }
        broker.publish(
                List.of(
                        EventSet.of(Topic.INSTRUCTIONS, world.instructions()),
                        EventSet.of(Topic.PROMPTS, world.prompts()),
                        EventSet.of(Topic.RANKING_REQUESTS, world.rankingRequests()),
                        EventSet.of(Topic.RANKINGS, world.rankings())),
                console);
    }

    private static List<Checkpoint> await(Site site, LocalCluster cluster) {
        Registry registry = new Registry();
        try (TopicLog log = new TopicLog(site.connection(), Registry.TOPICS)) {
            while (true) {
                log.readToEnd(registry::take);
                List<Checkpoint> delivered = TRAINED.stream()
                        .map(stage -> registry.newestCheckpoint(stage, any -> true))
                        .flatMap(Optional::stream)
                        .map(Registry.Entry::event)
                        .toList();
                if (delivered.size() == TRAINED.size()) {
                    return delivered;
                }
                cluster.requireAlive();
                TRAINED.forEach(stage -> requireNoFailure(site, stage));
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }

    private static void requireNoFailure(Site site, Stage stage) {
        new ServiceClient(site.address(stage)).job().filter(JobStatus::isFailed).ifPresent(job -> {
            throw new LaunchException(stage.service() + ": " + job.explanation());
        });
    }
}
