package io.alignstream.benchmarks.ownmodel;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Watches training stages of a site: what each planned to take of memory and took, and, once each stage has stored a
 * checkpoint of its second step or a later one, ends its process with signal 9. Thread-safe.
 */
final class StageWatch implements AutoCloseable {

    private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB$");
    private static final long EVERY_MILLIS = 100;
    /** A run that begins anew shows an earlier step first. */
    private static final long LEAST_STEP = 2;

    private final Site site;
    private final List<Stage> stages;
    private final Map<Stage, Seen> seen = new EnumMap<>(Stage.class);
    private final Thread watcher;

    /**
     * What was seen of a stage.
     *
     * @param planned bytes that its run said it needs; 0: it has not said yet
     * @param peak bytes that its process had resident at most
     * @param killed step of the newest checkpoint when its process was ended; 0: it was not yet
     * @param resumed the first step of the run that the next process showed; 0: none yet
     */
    record Seen(long planned, long peak, long killed, long resumed) {

        static final Seen NOTHING = new Seen(0, 0, 0, 0);
    }

    /** Begins to watch. */
    StageWatch(Site site, List<Stage> stages) {
        this.site = site;
        this.stages = List.copyOf(stages);
        this.watcher = Thread.ofPlatform().daemon().name("stage-watch").start(this::watch);
    }

    /** What was seen of {@code stage} so far. */
    synchronized Seen of(Stage stage) {
        return seen.getOrDefault(stage, Seen.NOTHING);
    }

    /** How many stages' processes were ended. */
    synchronized long kills() {
        return seen.values().stream().filter(stage -> stage.killed() > 0).count();
    }

    private void watch() {
        try {
            while (true) {
                for (Stage stage : stages) {
                    look(stage);
                }
                Thread.sleep(EVERY_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void look(Stage stage) {
        Optional<ManagedProcess> process =
                ManagedProcess.find(site.run(), stage.service()).filter(ManagedProcess::alive);
        if (process.isEmpty()) {
            return;
        }
        ServiceClient client = new ServiceClient(site.address(stage));
        Seen before = of(stage);
        long peak = Math.max(before.peak(), peak(process.get().pid()));
        Optional<JobStatus> job = client.job().filter(JobStatus::isRunning).filter(status -> status.step() > 0);
        long resumed = before.resumed() > 0 || before.killed() == 0
                ? before.resumed()
                : job.map(JobStatus::step).orElse(0L);
        long killed = before.killed();
        OptionalLong stored = killed == 0 && job.isPresent() ? checkpoint(stage, job.get()) : OptionalLong.empty();
        if (stored.isPresent() && stored.getAsLong() >= LEAST_STEP) {
            killed = stored.getAsLong();
            ProcessHandle.of(process.get().pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
        Seen now = new Seen(Math.max(before.planned(), planned(client)), peak, killed, resumed);
        synchronized (this) {
            seen.put(stage, now);
        }
    }

    /** Step of the newest checkpoint of a job's run. */
    private OptionalLong checkpoint(Stage stage, JobStatus job) {
        String run = job.run();
        if (run == null) {
            return OptionalLong.empty();
        }
        try (CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            return store.manifests(stage, run).values().stream()
                    .mapToLong(Manifest::step)
                    .max();
        } catch (IOException e) {
            return OptionalLong.empty(); // one that is being written
        }
    }

    private static long planned(ServiceClient client) {
        try {
            return client.get("/job/plan").path("bytes").asLong();
        } catch (LaunchException e) {
            return 0; // not known, or the service does not answer just now
        }
    }

    private static long peak(long pid) {
        try {
            Matcher found =
                    PEAK.matcher(Files.readString(Path.of("/proc/" + pid + "/status"), StandardCharsets.US_ASCII));
            return found.find() ? Long.parseLong(found.group(1)) << 10 : 0;
        } catch (IOException e) {
            return 0; // it has ended, or the system does not tell
        }
    }

    @Override
    public void close() {
        watcher.interrupt();
    }
}
