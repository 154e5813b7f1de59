package io.alignstream.local.chaos;

import io.alignstream.contracts.Stage;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Asks all of pretraining's workers all the time where they are, each on a thread of its own: one that stands still answers late. */
final class WorkersWatch implements AutoCloseable {

    /** Pauses are known as exactly. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final TrainingProgress progress = new TrainingProgress();
    private volatile boolean closed;

    WorkersWatch(Site site) {
        site.instances().stream()
                .filter(instance -> instance.stage() == Stage.PRETRAIN)
                .forEach(worker -> Thread.ofVirtual().start(() -> follow(worker, site)));
    }

    TrainingProgress progress() {
        return progress;
    }

    /** On the clock of the progress. */
    static double now() {
        return System.nanoTime() / 1e9;
    }

    private void follow(ServiceInstance worker, Site site) {
        ServiceClient client = new ServiceClient(site.address(worker));
        while (!closed) {
            client.job().filter(WorkersWatch::trains).ifPresent(job -> take(worker, job));
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    private static boolean trains(JobStatus job) {
        return job.isRunning() && job.step() > 0 && job.metric("tokensPerSecond") > 0;
    }

    private void take(ServiceInstance worker, JobStatus job) {
        double regroupings = job.metric("regroupings");
        progress.take(
                worker.name(),
                now(),
                job.step(),
                job.totalSteps(),
                Double.isNaN(regroupings) ? 0 : regroupings, // one worker, one shard
                job.metric("tokensPerSecond"));
    }

    @Override
    public void close() {
        closed = true;
    }
}
