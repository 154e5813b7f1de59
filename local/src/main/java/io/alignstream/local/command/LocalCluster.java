package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.broker.TopicSetup;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.monitoring.Prometheus;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.DocumentLoader;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Inputs;
import io.alignstream.local.pipeline.PipelineFollower;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.service.NativeLibraries;
import io.alignstream.local.service.RunningInstances;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.service.WorkersPlan;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.SiteLock;
import io.alignstream.local.site.StageWorkers;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;

/**
 * The broker and the six services of one site, under the site's lock.
 *
 * <p>Ctrl-C and every failure stop what this launcher started, unless {@link #keepRunning} was called; processes that ran
 * before are left alone.
 */
public final class LocalCluster implements AutoCloseable {

    private static final long MIN_FREE_BYTES = 3L << 30;
    /** With less than this a process that ends has most likely ended of it. */
    private static final long FULL_BYTES = 64L << 20;

    private static final Duration STOP_GRACE = Duration.ofSeconds(30);

    private final Site site;
    private final SiteLock lock;
    private final ProcessGroup processes;
    private final Thread hook;
    private volatile boolean keepRunning;

    private LocalCluster(Site site, SiteLock lock, ProcessGroup processes) {
        this.site = site;
        this.lock = lock;
        this.processes = processes;
        this.hook = new Thread(this::stop, "stop");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Starts what does not run yet and waits until everything is ready. */
    public static LocalCluster start(Site site, Installation installation, Console console) {
        return start(site, installation, specs(site, installation), console);
    }

    /** Starts the broker only, unless it runs. */
    public static LocalCluster startBroker(Site site, Installation installation, Console console) {
        return start(site, installation, List.of(), console);
    }

    /** Starts the broker only, unless it runs, also where the disk has no room for more than that. */
    public static LocalCluster startBrokerToFreeSpace(Site site, Installation installation, Console console) {
        new SiteSettings(site, System.getenv()).requireKnownNames();
        site.prepare();
        return startPrepared(site, installation, List.of(), console);
    }

    /** Starts the broker and these services. */
    public static LocalCluster start(
            Site site, Installation installation, List<ProcessSpec> services, Console console) {
        new SiteSettings(site, System.getenv()).requireKnownNames();
        site.prepare();
        requireFreeSpace(site);
        return startPrepared(site, installation, services, console);
    }

    private static LocalCluster startPrepared(
            Site site, Installation installation, List<ProcessSpec> services, Console console) {
        LocalCluster cluster = new LocalCluster(site, SiteLock.take(site), new ProcessGroup(site, console));
        try (SiteLock ignored = SiteLock.awaitProcesses(site)) {
            NativeLibraries.unpack(installation, console);
            if (!services.isEmpty()) {
                WorkersPlan.requireLibrary(site, installation, console);
                stop(surplus(site), site, console);
            }
            if (site.hasBroker()) {
                cluster.processes.start(Broker.at(site, installation));
                cluster.processes.awaitReady("Kafka broker on port " + site.brokerPort());
                TopicSetup.createMissing(site.connection());
            } else {
                TopicSetup.complete(site.connection());
            }
            if (!services.isEmpty()) {
                services.forEach(cluster.processes::start);
                cluster.processes.awaitReady(described(site, services));
            }
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private static String described(Site site, List<ProcessSpec> services) {
        long first = services.stream().map(ProcessSpec::service).distinct().count();
        return "Kafka and " + first + " services"
                + StageWorkers.STAGES.stream()
                        .filter(stage -> site.workers(stage).count() > 1)
                        .map(stage -> ", " + stage.service() + " with "
                                + site.workers(stage).count() + " workers")
                        .collect(Collectors.joining());
    }

    /** Fails if a process has ended, naming the cause that the processes' own words often hide. */
    void requireAlive() {
        takeOverNew();
        try {
            processes.requireAlive();
        } catch (LaunchException e) {
            requireRoomToWork(e);
            throw e;
        }
    }

    private void requireRoomToWork(RuntimeException failure) {
        long free = freeBytes(site);
        if (free < FULL_BYTES) {
            throw new LaunchException(
                    "The disk of %s is full: %d MiB are free. Free some space and start again, everything goes on where it was. %s"
                            .formatted(
                                    site.dataFolder(),
                                    free >> 20,
                                    String.valueOf(failure.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    failure);
        }
    }

    private static List<ProcessSpec> specs(Site site, Installation installation) {
        ServiceProcesses services = new ServiceProcesses(site, installation);
        return site.instances().stream().map(services::of).toList();
    }

    private static void requireFreeSpace(Site site) {
        long free = freeBytes(site);
        if (free < MIN_FREE_BYTES) {
            throw new LaunchException("The disk of " + site.dataFolder()
                    + " has %.1f GiB free; %d GiB are needed. "
                            .formatted(free / (double) (1L << 30), MIN_FREE_BYTES >> 30)
                    + "Free some space or choose another --data-dir.");
        }
    }

    private static long freeBytes(Site site) {
        try {
            return Files.getFileStore(site.dataFolder()).getUsableSpace();
        } catch (IOException e) {
            throw new LaunchException("Cannot tell the free space of " + site.dataFolder() + ": " + e.getMessage(), e);
        }
    }

    /** Starts what the services do not need, unless it runs. */
    void startBeside(ProcessSpec spec) {
        try (SiteLock ignored = SiteLock.awaitProcesses(site)) {
            processes.start(spec);
            processes.awaitReady(spec.name() + " on port " + spec.port());
        }
    }

    /** Publishes what is new of {@code events}. */
    public void publish(List<EventSet<?>> events, Console console) {
        whileKafkaAnswers(() -> {
            try (Publisher publisher = new Publisher(site.connection())) {
                events.forEach(set -> set.publish(publisher, console));
            }
            return events;
        });
    }

    /** A silent broker is nothing that the callers can know more of: one that has ended is named with its last words. */
    private <T> T whileKafkaAnswers(Supplier<T> work) {
        try {
            return work.get();
        } catch (KafkaException | LaunchException e) {
            requireAlive();
            if (e instanceof LaunchException) {
                requireRoomToWork(e);
                throw e;
            }
            throw LaunchException.ofKafka(
                    "Kafka on " + site.connection() + " does not answer: " + e.getMessage()
                            + (site.hasBroker() ? ". See ./alignstream logs " + Broker.NAME : "."),
                    e);
        }
    }

    /** Publishes what is new of {@code documents}. */
    void load(DocumentSource documents, Console console) {
        try (DocumentLoader loader = new DocumentLoader(site.connection(), site.dataFolder())) {
            console.line(LoadCommand.describe(loader.load(documents, console)));
            documents.requireMost();
            documents.report().lines().forEach(console::line);
        }
    }

    /** Follows the stages until all up to {@code last} have delivered on all that is published. */
    public Chain follow(Registry registry, Stage last, Console console) {
        return whileKafkaAnswers(() -> {
            try (TopicLog log = new TopicLog(site.connection(), Registry.TOPICS)) {
                log.readToEnd(registry::take);
                Map<Stage, Long> stale =
                        Inputs.stale(site.dataFolder().resolve("inputs.json"), site.connection(), registry);
                return new PipelineFollower(site, log, registry, stale, this::requireAlive, console).follow(last);
            }
        });
    }

    /** Process ids of broker and services. */
    Collection<Long> pids() {
        takeOverNew();
        return processes.pids();
    }

    /** Workers that {@code ./alignstream scale} has started meanwhile belong to the cluster like the others. */
    private void takeOverNew() {
        for (ServiceInstance instance : new RunningInstances(site).all()) {
            processes.takeOver(instance.name(), instance.stage().service(), STOP_GRACE);
        }
    }

    /** Whether this launcher started any of the processes, which end with it. */
    boolean hasStarted() {
        return processes.hasStarted();
    }

    private void stop() {
        if (keepRunning) {
            return;
        }
        if (!processes.hasStarted()) {
            processes.stopStarted(); // from now on nothing is started any more
            return;
        }
        try (SiteLock ignored = SiteLock.awaitProcesses(site)) {
            takeOverNew();
            processes.stopStarted();
        } catch (LaunchException e) {
            processes.stopStarted(); // whatever cannot be read or locked, nothing of this launcher's is left behind
            throw e;
        }
    }

    /** Leaves the processes running when this launcher ends, however it ends. */
    public void keepRunning() {
        keepRunning = true;
    }

    /** Stops what this launcher started, unless {@link #keepRunning} was called, and gives the lock back. */
    @Override
    public void close() {
        if (processes.isStopping()) {
            return; // the shutdown hook is at it, and the system takes the lock back
        }
        stop();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // Ctrl-C meanwhile: the hook finds everything stopped
        }
        lock.close();
    }

    /** Names of broker and services, in the order of their start. */
    static List<String> processNames() {
        return Stream.concat(
                        Stream.of(Broker.NAME), Arrays.stream(Stage.values()).map(Stage::service))
                .toList();
    }

    /** Stops whatever runs at {@code site}; returns how many processes there were. */
    public static int stopAll(Site site, Console console) {
        if (!Files.isDirectory(site.run())) {
            return 0;
        }
        try (SiteLock lock = SiteLock.take(site);
                SiteLock ignored = SiteLock.awaitProcesses(site)) {
            return stop(
                    Stream.of(
                                    Stream.of(Broker.NAME),
                                    ServiceInstance.possible().stream().map(ServiceInstance::name),
                                    Stream.of(Prometheus.NAME))
                            .flatMap(names -> names),
                    site,
                    console);
        }
    }

    /** Workers above the number that the site has. */
    private static Stream<String> surplus(Site site) {
        return ServiceInstance.possible().stream()
                .filter(instance -> !site.instances().contains(instance))
                .map(ServiceInstance::name);
    }

    private static int stop(Stream<String> names, Site site, Console console) {
        SequencedMap<ManagedProcess, Duration> running = new LinkedHashMap<>();
        names.forEach(
                name -> ManagedProcess.find(site.run(), name).ifPresent(process -> running.put(process, STOP_GRACE)));
        ProcessGroup.stop(running, console);
        return running.size();
    }

    /**
     * Starts and ends workers of {@code stage} until the site, which runs, has {@code count}, and remembers that; also while another
     * launcher follows a run. The last ones end first.
     *
     * @param last reads what the site remembers
     * @return what it remembers now
     * @throws LaunchException if nothing runs there, or a new one does not start: then none of the new ones is left
     */
    public static Site scale(Supplier<Site> last, Stage stage, int count, Installation installation, Console console) {
        Site before = last.get();
        if (!runs(before)) {
            throw notRunning(before, stage, count);
        }
        try (SiteLock ignored = SiteLock.awaitProcesses(before)) {
            // Another stage may have been scaled while this one waited, or all stopped.
            Site now = last.get();
            Site site = now.withWorkers(stage, now.workers(stage).withCount(count));
            if (!runs(site)) {
                throw notRunning(site, stage, count);
            }
            stop(surplus(site), site, console);
            startMissing(site, stage, installation, console);
            site.prepare();
            return site;
        }
    }

    private static void startMissing(Site site, Stage stage, Installation installation, Console console) {
        List<ServiceInstance> missing = site.instances().stream()
                .filter(instance -> instance.stage() == stage)
                .filter(instance ->
                        ManagedProcess.find(site.run(), instance.name()).isEmpty())
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        WorkersPlan.requireLibrary(site, installation, console);
        ServiceProcesses services = new ServiceProcesses(site, installation);
        ProcessGroup started = new ProcessGroup(site, console);
        try {
            missing.forEach(instance -> started.start(services.of(instance)));
            started.awaitReady(missing.stream().map(ServiceInstance::name).collect(Collectors.joining(", ")));
        } catch (RuntimeException e) {
            started.stopStarted();
            throw e;
        }
    }

    private static boolean runs(Site site) {
        String process = site.hasBroker() ? Broker.NAME : Stage.PRETRAIN.service();
        return Files.isDirectory(site.run())
                && ManagedProcess.find(site.run(), process).isPresent();
    }

    private static LaunchException notRunning(Site site, Stage stage, int count) {
        return new LaunchException("Nothing runs in " + site.dataFolder() + "; start it with ./alignstream up "
                + StageWorkers.option(stage) + " " + count + ".");
    }
}
