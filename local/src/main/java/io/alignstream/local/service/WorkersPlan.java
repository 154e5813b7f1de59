package io.alignstream.local.service;

import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.PretrainWorkers;
import io.alignstream.local.site.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A site that is to have several workers of pretrain-service, with what they need to train one run together.
 *
 * <p>Each batch is cut into shards, and each worker computes with so many threads: weights depend on both numbers, so they are
 * fixed when there are first several workers, unless the user says them, and stay as they are whatever the number of workers.
 *
 * @param line what was decided, for the person who asked for workers
 */
public record WorkersPlan(Site site, String line) {

    /** Into how many shards pretraining cuts each batch: at most so many workers compute, others stand by. */
    static final String SHARDS = "alignstream.pretrain.shards";

    static final String THREADS = "alignstream.torch.threads";

    /**
     * The plan for {@code count} workers.
     *
     * @param environment variables of the process that starts the services, whose settings count
     * @param processors of this machine, which the workers share
     * @throws LaunchException if it is not 1 to {@value PretrainWorkers#MOST} workers
     */
    public static WorkersPlan of(Site site, int count, Map<String, String> environment, int processors) {
        PretrainWorkers before = site.pretrain();
        SiteSettings settings = new SiteSettings(site, environment);
        int threads = before.threads();
        if (count > 1 && threads == 0 && !settings.isGiven(THREADS)) {
            threads = Math.max(1, processors / count);
        }
        Site planned = site.withPretrain(new PretrainWorkers(count, threads));
        if (count > 1 && !settings.isGiven(SHARDS)) {
            List<String> options = new ArrayList<>(site.serviceOptions());
            options.add("-D" + SHARDS + "=" + powerOfTwo(count));
            planned = planned.withServiceOptions(options);
        }
        return new WorkersPlan(planned, line(planned, environment));
    }

    /** The smallest power of two that is not smaller. */
    public static int powerOfTwo(int count) {
        return count == 1 ? 1 : Integer.highestOneBit(count - 1) << 1;
    }

    private static String line(Site site, Map<String, String> environment) {
        SiteSettings settings = new SiteSettings(site, environment);
        int threads = site.pretrain().threads();
        return "pretraining: %s of %s (%s=%d)%s"
                .formatted(
                        counted(site.pretrain().count(), "worker"),
                        threads > 0 && !settings.isGiven(THREADS)
                                ? counted(threads, "thread")
                                : counted(number(settings, THREADS), "thread"),
                        SHARDS,
                        shards(settings),
                        standby(site.pretrain().count(), settings));
    }

    /** What to say of workers above the number of shards; empty if there are none. */
    static String standby(int count, SiteSettings settings) {
        int shards = shards(settings);
        return count <= shards
                ? ""
                : "; %s by until another leaves, as each batch is cut into %s, which is part of what the run is"
                        .formatted(
                                count - shards == 1 ? "1 stands" : count - shards + " stand", counted(shards, "shard"));
    }

    private static int shards(SiteSettings settings) {
        return number(settings, SHARDS);
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

    /** What a person hears of the workers that {@code site} has now. */
    public static String outcome(Site site) {
        int count = site.pretrain().count();
        SiteSettings settings = new SiteSettings(site, System.getenv());
        return "pretrain-service: " + counted(count, "worker")
                + standby(count, settings)
                + (count > shards(settings)
                        ? ". With more shards the next run is another one: ./alignstream up --service-option=-D"
                                + SHARDS + "=" + powerOfTwo(count)
                        : "");
    }

    /** Into how many shards the services of {@code site} cut each batch. */
    public static int shards(Site site) {
        return shards(new SiteSettings(site, System.getenv()));
    }

    /** Whether several workers can compute for one run. */
    static boolean isShared(SiteSettings settings) {
        return shards(settings) > 1;
    }

    /**
     * Sees to it that workers find what they add up gradients with.
     *
     * @throws LaunchException if there is none, and several workers are to compute
     */
    public static void requireLibrary(Site site, Installation installation, Console console) {
        if (!isShared(new SiteSettings(site, System.getenv()))) {
            return;
        }
        Optional<String> missing = CollectiveLibrary.build(installation, console);
        if (missing.isPresent() && site.pretrain().count() > 1) {
            throw new LaunchException(missing.get() + " Install what is missing, or start with --pretrain-workers 1.");
        }
        missing.ifPresent(console::line);
    }
}
