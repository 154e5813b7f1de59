package io.alignstream.local.chaos;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.command.store.GcCommand;
import io.alignstream.local.command.store.Restoration;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ReleaseClient;
import io.alignstream.local.service.RunningInstances;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.service.WorkersPlan;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a tiny world through broker, store and all six services, disturbed or not; whoever publishes, triggers what has
 * failed and rolls the release back is as patient as a person.
 */
public final class Trial {

    /** For what is left once nothing is disturbed any more. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    private static final String PERSON = "chaos";
    /** Of a run that several workers train: more than most trials have workers, so that what some of them compute is taken over. */
    private static final int SHARDS = 4;

    private final Installation installation;
    private final int portBase;
    private final Console console;
    private final Map<Stage, Integer> workers;
    private final List<String> options;
    private final Plan plan;

    /** Trials on ports from {@code portBase} on. */
    public Trial(Installation installation, int portBase, Console console) {
        this(installation, portBase, console, Map.of(), List.of(), Plan.EVERYTHING);
    }

    /**
     * Trials whose models are trained by several workers while they are disturbed, and by one where nobody disturbs.
     *
     * @param workers of each stage that has several, up to {@value StageWorkers#MOST}; each batch of these is cut into 4 shards, or
     *     the next power of two that has room for all, unless {@code options} say otherwise
     * @param options for every service's JVM, besides those of the tiny world
     * @param plan of what happens
     */
    public Trial(
            Installation installation,
            int portBase,
            Console console,
            Map<Stage, Integer> workers,
            List<String> options,
            Plan plan) {
        this.installation = installation;
        this.portBase = portBase;
        this.console = console;
        this.workers = Map.copyOf(workers);
        this.plan = plan;
        this.options = new ArrayList<>(TrialWorld.SETTINGS);
        workers.forEach((stage, count) -> {
            if (count > 1) {
                int shards = Math.max(SHARDS, WorkersPlan.powerOfTwo(count));
                this.options.add("-Dalignstream." + stage.id() + ".shards=" + shards);
                if (stage == Stage.PRETRAIN && shards > TrialWorld.SEQUENCES) { // a shard has one at least
                    this.options.add("-Dalignstream.pretrain.batch-sequences=" + shards);
                }
            }
        });
        this.options.addAll(options);
    }

    /** What a pass comes to in {@code folder} that nobody disturbs, with its checkpoints on disk. */
    public Evidence undisturbed(Path folder) throws IOException {
        Site site = site(folder, Map.of(), List.of());
        try (TrialSite processes = new TrialSite(site, plan.stages(), installation, console, null);
                AutoCloseable ignored = stopsAtCtrlC(processes)) {
            processes.start();
            publishAndAwaitResult(site, new AtomicInteger(), PATIENCE);
            rollBack(site);
            return evidence(processes, site.store().toUri());
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Disturbs a pass in {@code folder} for {@code length}, its checkpoints in an object store behind a network that fails, and
     * compares what it comes to.
     */
    public TrialReport disturbed(Path folder, long seed, Duration length, Evidence undisturbed) throws IOException {
        long begin = System.nanoTime();
        Optional<ShiftedClocks> clocks =
                ShiftedClocks.installed().filter(found -> plan.faults().contains(Fault.CLOCK));
        Site site = site(folder, workers, List.of("-Dalignstream.store.root=" + UnreliableStore.ROOT));
        WorkersPlan.requireLibrary(site, installation, console);
        site.prepare();
        try (UnreliableStore store = new UnreliableStore(site, installation);
                TrialSite processes = new TrialSite(site, plan.stages(), installation, console, store);
                WorkersWatch watch = new WorkersWatch(site);
                AutoCloseable ignored = stopsAtCtrlC(processes)) {
            store.useHere();
            if (plan.onlyWorkers()) {
                store.mend();
            }
            processes.start();
            AtomicInteger triggers = new AtomicInteger();
            CompletableFuture<Void> delivered = CompletableFuture.runAsync(
                    () -> publishAndAwaitResult(site, triggers, length.plus(PATIENCE.multipliedBy(2))));
            if (plan.onlyWorkers()) {
                await("pretraining to begin", PATIENCE, watch.progress()::begun);
            }
            long disturbed = System.nanoTime();
            Disturbance disturbance =
                    new Disturbance(processes, store, clocks.orElse(null), plan, watch.progress(), seed, console);
            disturbance.go(length);
            long disturbedSeconds = Math.round(disturbance.ended() - disturbed / 1e9);
            delivered.join();
            rollBack(site);
            killAll(processes);
            List<String> findings = new ArrayList<>();
            processes.ended().forEach(name -> findings.add(name + " ended, and nobody had killed it"));
            findings.addAll(leftovers(site, store));
            // Of what is needed, collecting has taken nothing.
            Evidence evidence = evidence(processes, UnreliableStore.ROOT);
            findings.addAll(evidence.findings(undisturbed));
            served(site).ifPresent(findings::add);
            return new TrialReport(
                    seed,
                    disturbedSeconds,
                    (System.nanoTime() - begin) / 1e9,
                    disturbance.counts(),
                    clocks.isPresent(),
                    store.failures(),
                    triggers.get(),
                    training(site, watch.progress(), disturbance.ended()),
                    evidence.losses().inCommon(undisturbed.losses()),
                    findings);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Site site(Path folder, Map<Stage, Integer> counts, List<String> further) {
        List<String> all = new ArrayList<>(options);
        all.addAll(further);
        // All processes compute with as many threads, which the options name.
        Site site = new Site(folder.toAbsolutePath(), portBase, TrialWorld.SEED, all);
        for (Map.Entry<Stage, Integer> count : counts.entrySet()) {
            site = site.withWorkers(count.getKey(), new StageWorkers(count.getValue(), 0));
        }
        return site;
    }

    private static AutoCloseable stopsAtCtrlC(TrialSite processes) {
        Thread hook = new Thread(processes::close, "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> Runtime.getRuntime().removeShutdownHook(hook);
    }

    /** Publishes all events, however often it takes, and waits until the last stage that runs has a result. */
    private void publishAndAwaitResult(Site site, AtomicInteger triggers, Duration patience) {
        await("every event to be published", patience, () -> {
            try (Publisher publisher = new Publisher(site.connection())) {
                TrialWorld.events(plan.stages()).forEach(set -> set.publish(publisher, console));
                return true;
            } catch (KafkaException | LaunchException e) {
                console.line("  published again, as Kafka failed: " + e.getMessage());
                return false;
            }
        });
        await("the last stage's result", patience, () -> {
            triggerWhatHasFailed(site, triggers);
            return hasResult(site);
        });
    }

    private void triggerWhatHasFailed(Site site, AtomicInteger triggers) {
        RunningInstances running = new RunningInstances(site);
        for (Stage stage : plan.stages()) {
            JobStatus job = running.job(stage).orElse(null);
            if (job != null && job.isFailed()) {
                try {
                    new ServiceClient(site.address(stage)).trigger();
                    triggers.incrementAndGet();
                    console.line("  trigger %s, whose run failed: %s".formatted(stage.id(), job.explanation()));
                } catch (LaunchException e) {
                    console.line("  trigger " + stage.id() + ": " + e.getMessage()); // and again in a second
                }
            }
        }
    }

    private boolean hasResult(Site site) {
        Registry registry = new Registry();
        try (TopicLog log = new TopicLog(site.connection(), Registry.TOPICS)) {
            log.readToEnd(registry::take);
            Chain chain = Chain.of(registry, Map.of());
            return plan.onlyWorkers()
                    ? chain.delivered().containsKey(Stage.PRETRAIN)
                    : chain.release().isPresent();
        } catch (KafkaException e) {
            return false;
        }
    }

    private void rollBack(Site site) {
        if (plan.onlyWorkers()) {
            return; // nothing was released
        }
        ReleaseClient client = new ReleaseClient(site.address(Stage.RLHF));
        await("the release to be rolled back", PATIENCE, () -> {
            try {
                List<ReleaseClient.Release> releases = client.list();
                if (releases.isEmpty()) {
                    return false;
                }
                client.decide(
                        releases.getFirst(), ModelRelease.Verdict.ROLLED_BACK, PERSON, "to see whether it stays away");
                return true;
            } catch (LaunchException e) {
                return false;
            }
        });
    }

    /** Nobody remembers anything but topics and store; with time enough to do something wrong. */
    private static void killAll(TrialSite processes) {
        processes.services().forEach(processes::kill);
        processes.kill(Broker.NAME);
        processes.restart(Broker.NAME);
        processes.services().forEach(processes::restart);
        processes.awaitRunning();
        await("all services to wait", PATIENCE, () -> processes.instances().stream()
                .map(instance -> new ServiceClient(processes.site().address(instance)).job())
                .allMatch(job -> job.map(JobStatus::isWaiting).orElse(false)));
    }

    private static @Nullable TrainingReport training(Site site, TrainingProgress progress, double end)
            throws IOException {
        try (CheckpointStore store = CheckpointStore.open(UnreliableStore.ROOT, site.storeCache())) {
            StoredCheckpoint model = Evidence.results(site.connection(), store).get(Stage.PRETRAIN);
            Double tokens = model == null ? null : model.manifest().metrics().get("trainedTokens");
            return tokens == null ? null : progress.report(end, progress.tokensOfStep(tokens));
        }
    }

    private Evidence evidence(TrialSite processes, URI root) throws IOException {
        Site site = processes.site();
        try (CheckpointStore store = CheckpointStore.open(root, site.storeCache())) {
            return Evidence.of(site.connection(), store, LossLog.of(processes), !plan.onlyWorkers());
        }
    }

    private List<String> leftovers(Site site, UnreliableStore store) throws IOException {
        try (CheckpointStore checkpoints = CheckpointStore.open(UnreliableStore.ROOT, site.storeCache())) {
            if (plan.stages().contains(Stage.INFERENCE)) {
                await("the registry topics to be kept in the store", PATIENCE, () -> isKept(site, checkpoints));
            }
            return new Leftovers(
                            checkpoints,
                            URI.create(UnreliableStore.ROOT + "/"),
                            store.objects(),
                            GcCommand.retention(new SiteSettings(site, System.getenv())),
                            () -> PublishedRegistry.read(site.connection()))
                    .findings();
        }
    }

    /** Whether inference-service has stored whatever stands on the registry topics. */
    private static boolean isKept(Site site, CheckpointStore store) {
        try {
            return Restoration.plan(store, site.connection()).topics().stream()
                    .allMatch(topic -> topic.contradictions().isEmpty());
        } catch (IOException | KafkaException e) {
            return false;
        }
    }

    private Optional<String> served(Site site) {
        if (!plan.stages().contains(Stage.INFERENCE)) {
            return Optional.empty();
        }
        String sha256 = new ServiceClient(site.address(Stage.INFERENCE))
                .get("/served")
                .path("sha256")
                .asText("");
        return sha256.isEmpty() || sha256.equals("null")
                ? Optional.empty()
                : Optional.of("model " + sha256 + " is served although it was rolled back");
    }

    private static void await(String what, Duration patience, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new LaunchException("Waited %d minutes for %s, in vain.".formatted(patience.toMinutes(), what));
            }
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }
}
