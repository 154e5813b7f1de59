package io.alignstream.stageruntime.tracking;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells the tools that are configured of the service's training runs; thread-safe, never waits. */
@Singleton
public class Tracking {

    private final List<TrackerFeed> feeds = new ArrayList<>();
    /** Of the attempt that goes on; told with the first thing that there is to say, as other workers may lead the run. */
    private Told.@Nullable Begun begun;

    private boolean told;

    @Inject
    Tracking(TrackingConfig config, Meters meters) {
        Counter byMlflow = meters.counter(Metric.TRACKING_LOST, "mlflow");
        Counter byTensorBoard = meters.counter(Metric.TRACKING_LOST, "tensorboard");
        config.mlflow()
                .map(address -> new MlflowTracker(new MlflowServer(address, System.getenv()), config.experiment()))
                .ifPresent(tracker -> feeds.add(new TrackerFeed(tracker, byMlflow)));
        config.tensorboard()
                .map(TensorBoardTracker::new)
                .ifPresent(tracker -> feeds.add(new TrackerFeed(tracker, byTensorBoard)));
    }

    /** An attempt at {@code job} begins. What has no hyper-parameters is no training, and told of nowhere. */
    public synchronized void begins(Stage stage, Job job) {
        Map<String, String> parameters = job.hyperparameters();
        begun = feeds.isEmpty() || parameters.isEmpty()
                ? null
                : new Told.Begun(stage, job.run(), Messages.english(job.title()), parameters, Instant.now());
        told = false;
    }

    /** A run has measured something, and this process leads it. */
    public synchronized void measured(TrainingProgress progress) {
        if (isTold(progress.run())) {
            tell(new Told.Step(progress, Instant.now()));
        }
    }

    /** A run's result is published. */
    public synchronized void published(Checkpoint checkpoint) {
        if (isTold(checkpoint.run())) {
            tell(new Told.Model(checkpoint, Instant.now()));
        }
    }

    /** A verdict on a result is published, by a run or a person. */
    public synchronized void published(ModelRelease release) {
        tell(new Told.Verdict(release));
    }

    /** The attempt is over. */
    public synchronized void ended(Stage stage, String run, RunRecord.Outcome outcome) {
        if (told) {
            tell(new Told.Ended(stage, run, outcome, Instant.now()));
        }
        begun = null;
        told = false;
    }

    private boolean isTold(String run) {
        Told.Begun attempt = begun;
        if (attempt == null || !attempt.run().equals(run)) {
            return false;
        }
        if (!told) {
            told = true;
            tell(attempt);
        }
        return true;
    }

    private void tell(Told news) {
        feeds.forEach(feed -> feed.offer(news));
    }

    @PreDestroy
    void close() {
        feeds.forEach(TrackerFeed::close);
    }
}
