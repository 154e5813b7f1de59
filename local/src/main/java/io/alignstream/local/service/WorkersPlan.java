package io.alignstream.local.service;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A site that is to have several workers of a stage's service, with what they need to train one run together.
 *
 * <p>Each batch is cut into shards, and each worker computes with so many threads: weights depend on both numbers, so they are
 * fixed when there are first several workers, unless the user says them, and stay as they are whatever the number of workers.
 *
 * @param line what was decided, for the person who asked for workers
 */
public record WorkersPlan(Site site, String line) {

    static final String THREADS = "alignstream.torch.threads";

    /** Into how many shards {@code stage} cuts each batch: at most so many workers compute, others stand by. */
    static String setting(Stage stage) {
        return "alignstream." + stage.id() + ".shards";
    }

    /**
     * The plan for {@code count} workers of {@code stage}.
     *
     * @param environment variables of the process that starts the services, whose settings count
     * @param processors of this machine, which the workers share
     * @throws LaunchException if it is not 1 to {@value StageWorkers#MOST} workers
     */
    public static WorkersPlan of(Site site, Stage stage, int count, Map<String, String> environment, int processors) {
        StageWorkers before = site.workers(stage);
        SiteSettings settings = new SiteSettings(site, environment);
        int threads = before.threads();
        if (count > 1 && threads == 0 && !settings.isGiven(THREADS)) {
            threads = Math.max(1, processors / count);
        }
        Site planned = site.withWorkers(stage, new StageWorkers(count, threads));
        if (count > 1 && !settings.isGiven(setting(stage))) {
            List<String> options = new ArrayList<>(site.serviceOptions());
            options.add("-D" + setting(stage) + "=" + powerOfTwo(count));
            planned = planned.withServiceOptions(options);
        }
        return new WorkersPlan(planned, line(planned, stage, environment));
    }

    /** The smallest power of two that is not smaller. */
    public static int powerOfTwo(int count) {
        return count == 1 ? 1 : Integer.highestOneBit(count - 1) << 1;
    }

    private static String line(Site site, Stage stage, Map<String, String> environment) {
        SiteSettings settings = new SiteSettings(site, environment);
        StageWorkers workers = site.workers(stage);
        return "%s: %s of %s (%s=%d)%s"
                .formatted(
                        stage.service(),
                        counted(workers.count(), "worker"),
                        workers.threads() > 0 && !settings.isGiven(THREADS)
                                ? counted(workers.threads(), "thread")
                                : counted(number(settings, THREADS), "thread"),
                        setting(stage),
                        shards(stage, settings),
                        standby(stage, workers.count(), settings));
    }

    /** What to say of workers above the number of shards; empty if there are none. */
    static String standby(Stage stage, int count, SiteSettings settings) {
        int shards = shards(stage, settings);
        return count <= shards
                ? ""
                : "; %s by until another leaves, as each batch is cut into %s, which is part of what the run is"
                        .formatted(
                                count - shards == 1 ? "1 stands" : count - shards + " stand", counted(shards, "shard"));
    }

    private static int shards(Stage stage, SiteSettings settings) {
        return number(settings, setting(stage));
    }

    private static int number(SiteSettings settings, String name) {
        try {
            return Integer.parseInt(settings.value(name));
        } catch (NumberFormatException e) {
            return 1; // the service does not start with it, and says why
        }
    }

    private static String counted(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** What a person hears of the workers of {@code stage} that {@code site} has now. */
    public static String outcome(Site site, Stage stage) {
        int count = site.workers(stage).count();
        SiteSettings settings = new SiteSettings(site, System.getenv());
        return stage.service() + ": " + counted(count, "worker")
                + standby(stage, count, settings)
                + (count > shards(stage, settings)
                        ? ". With more shards the next run is another one: ./alignstream up --service-option=-D"
                                + setting(stage) + "=" + powerOfTwo(count)
                        : "");
    }

    /** Into how many shards the service of {@code stage} cuts each batch at {@code site}. */
    public static int shards(Site site, Stage stage) {
        return shards(stage, new SiteSettings(site, System.getenv()));
    }

    /** Whether several workers of {@code stage} can compute for one run. */
    static boolean isShared(Stage stage, SiteSettings settings) {
        return StageWorkers.STAGES.contains(stage) && shards(stage, settings) > 1;
    }

    /**
     * Sees to it that workers find what they add up gradients with.
     *
     * @throws LaunchException if there is none, and several workers are to compute
     */
    public static void requireLibrary(Site site, Installation installation, Console console) {
        SiteSettings settings = new SiteSettings(site, System.getenv());
        List<Stage> shared = StageWorkers.STAGES.stream()
                .filter(stage -> isShared(stage, settings))
                .toList();
        if (shared.isEmpty()) {
            return;
        }
        Optional<String> missing = CollectiveLibrary.build(installation, console);
        List<String> alone = shared.stream()
                .filter(stage -> site.workers(stage).count() > 1)
                .map(stage -> StageWorkers.option(stage) + " 1")
                .toList();
        if (missing.isPresent() && !alone.isEmpty()) {
            throw new LaunchException(
                    missing.get() + " Install what is missing, or start with " + String.join(" ", alone) + ".");
        }
        missing.ifPresent(console::line);
    }
}
