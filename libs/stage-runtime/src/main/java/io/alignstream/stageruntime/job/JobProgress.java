package io.alignstream.stageruntime.job;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Where the running or last job stands: newest values, charts, gauges and {@link Topic#TRAINING_PROGRESS}; thread-safe.
 */
public final class JobProgress {

    private static final Logger LOG = Logger.getLogger(JobProgress.class);
    private static final int POINTS = 1_000;
    private static final int MAX_SERIES = 128;
    private static final int MAX_HEALED = 20;
    private static final long PUBLISH_NANOS = Duration.ofMillis(500).toNanos();
    /** What a process that is killed may lose of its charts. */
    private static final long KEEP_NANOS = Duration.ofSeconds(20).toNanos();

    private final Stage stage;
    private final JobMeters meters;
    private final Consumer<TrainingProgress> publisher;
    private final RunHistory history;

    private @Nullable String run;
    private @Nullable Reason title;
    private @Nullable Reason cause;
    private @Nullable Traceparent trace;
    private @Nullable String phase;
    private @Nullable MemoryPlan memory;
    private long step;
    private long totalSteps;
    private OptionalDouble eta = OptionalDouble.empty();
    private Map<String, Double> metrics = Map.of();
    private final Map<SeriesKey, Series> series = new LinkedHashMap<>();
    private final Deque<Reason> healed = new ArrayDeque<>();
    private StepRate rate = new StepRate(0, 0);
    private long publishedAt;
    private @Nullable TrainingProgress unpublished;
    private @Nullable Reference record;
    private List<Sample> samples = List.of();
    private Instant begun = Instant.EPOCH;
    private Instant changed = Instant.EPOCH;
    private long startedAt;
    private RunRecord.@Nullable Outcome outcome;
    private long keptAt;

    private record SeriesKey(String phase, String metric) {}

    /** Progress of a job at one moment. */
    record Moment(
            @Nullable String run,
            @Nullable Reason title,
            @Nullable Reason cause,
            @Nullable String phase,
            long step,
            long totalSteps,
            @Nullable Double etaSeconds,
            Map<String, Double> metrics,
            List<Reason> healed,
            @Nullable MemoryPlan memory,
            RunRecord.@Nullable Outcome outcome,
            Instant changed) {}

    public JobProgress(Stage stage, Meters meters, Consumer<TrainingProgress> publisher, RunHistory history) {
        this.stage = stage;
        this.meters = new JobMeters(stage, meters);
        this.publisher = publisher;
        this.history = history;
        this.meters.follow(this);
    }

    /**
     * A job starts; a run that goes on keeps its charts, also those of an earlier process, and what it healed from.
     *
     * @param newTrace the run's place in its trace; empty where nothing is traced
     */
    synchronized void begin(String newRun, Reason newTitle, Reason newCause, Optional<Traceparent> newTrace) {
        phase = null;
        if (!newRun.equals(run)) {
            cause = newCause;
            series.clear();
            healed.clear();
            samples = List.of();
            metrics = Map.of();
            step = 0;
            totalSteps = 0;
            begun = Instant.now();
            history.find(newRun).ifPresent(this::goOn);
        }
        changed = Instant.now();
        outcome = null;
        keptAt = System.nanoTime();
        startedAt = keptAt;
        run = newRun;
        title = newTitle;
        trace = newTrace.orElse(null);
        memory = null;
        eta = OptionalDouble.empty();
        if (trace != null) {
            keep(); // at once: a process that is killed before the next time would begin another trace
        }
    }

    /** Why the run was begun that goes on. */
    synchronized Optional<Reason> cause() {
        return Optional.ofNullable(cause);
    }

    private void goOn(RunRecord earlier) {
        begun = earlier.begun();
        cause = earlier.cause();
        samples = earlier.samples();
        step = earlier.step();
        totalSteps = earlier.totalSteps();
        metrics = earlier.metrics();
        earlier.curves().forEach(curve -> {
            Series restored = new Series(POINTS);
            curve.points().forEach(point -> restored.add((long) point[0], point[1]));
            series.put(new SeriesKey(curve.phase(), curve.metric()), restored);
        });
    }

    /** See {@link JobContext#planned}. */
    synchronized void planned(MemoryPlan plan) {
        memory = plan;
    }

    /** See {@link JobContext#followed}. */
    synchronized void follow(String newPhase, long newStep, long newTotalSteps, Map<String, Double> newMetrics) {
        long now = System.nanoTime();
        show(newPhase, newStep, newTotalSteps, newMetrics, now);
        unpublished = null; // the one that leads tells what comes after it
        if (now - keptAt >= KEEP_NANOS) {
            keep();
        }
    }

    /** See {@link JobContext#progress}. */
    synchronized void report(String newPhase, long newStep, long newTotalSteps, Map<String, Double> newMetrics) {
        long now = System.nanoTime();
        show(newPhase, newStep, newTotalSteps, newMetrics, now);
        if (unpublished != null
                && (unpublished.record() != null
                        || !metrics.keySet().containsAll(unpublished.metrics().keySet()))) {
            // What is not measured at each step, such as a comparison, and what was kept of a step are never thinned
            // out.
            publishLast();
        }
        unpublished = new TrainingProgress(
                stage, Objects.requireNonNull(run), newPhase, step, totalSteps, eta.orElse(0), metrics, record);
        record = null;
        if (now - publishedAt >= PUBLISH_NANOS || step == totalSteps) {
            publishLast();
            publishedAt = now;
        }
        if (now - keptAt >= KEEP_NANOS) {
            keep();
        }
    }

    private void show(String newPhase, long newStep, long newTotalSteps, Map<String, Double> newMetrics, long now) {
        if (!newPhase.equals(phase)) {
            publishLast();
            rate = new StepRate(newStep, now * 1e-9);
            publishedAt = now - PUBLISH_NANOS;
        }
        phase = newPhase;
        step = newStep;
        totalSteps = Math.max(newStep, newTotalSteps);
        rate.observe(newStep, now * 1e-9);
        eta = rate.eta(totalSteps);
        changed = Instant.now();
        metrics = finite(newMetrics);
        metrics.forEach((metric, value) -> chart(newPhase, metric, newStep, value));
        meters.figures(Objects.requireNonNull(run), newPhase, metrics);
        MDC.put("step", newStep);
    }

    /** See {@link JobContext#recorded}. */
    synchronized void recorded(Reference kept) {
        record = kept;
    }

    /** See {@link JobContext#sampled}; kept at once, since they are few and a process may be killed. */
    synchronized void sampled(Sample sample) {
        samples = Stream.concat(samples.stream().filter(earlier -> earlier.step() < sample.step()), Stream.of(sample))
                .toList();
        changed = Instant.now();
        keep();
    }

    /** See {@link JobContext#healed}. */
    void healed(Reason what) {
        meters.healed();
        note(what);
    }

    /** See {@link JobContext#incident}. */
    void incident(Reason what) {
        meters.incident();
        note(what);
    }

    /** See {@link JobContext#saved}. */
    void saved(double seconds, long bytes) {
        meters.saved(seconds, bytes);
    }

    /** What the job has gone on after stands in its status. */
    synchronized void note(Reason what) {
        if (healed.size() == MAX_HEALED) {
            healed.removeFirst();
        }
        healed.addLast(what);
    }

    /** The job is over: what was thinned out last still goes, and its charts are kept. */
    synchronized void end(RunRecord.Outcome how) {
        publishLast();
        eta = OptionalDouble.empty();
        changed = Instant.now();
        outcome = how;
        keep();
        if (run != null) {
            meters.ended(run, how, (System.nanoTime() - startedAt) / 1e9);
        }
    }

    private void keep() {
        current().ifPresent(history::keep);
        keptAt = System.nanoTime();
    }

    /** The run that goes on, or went last, since the process started. */
    private Optional<RunRecord> current() {
        String id = run;
        Reason what = title;
        if (id == null || what == null) {
            return Optional.empty();
        }
        return Optional.of(new RunRecord(
                id,
                what,
                cause,
                begun,
                changed,
                outcome,
                phase,
                step,
                totalSteps,
                metrics,
                curves(),
                samples,
                trace == null ? null : trace.text()));
    }

    private List<RunRecord.Curve> curves() {
        return series.entrySet().stream()
                .map(entry -> new RunRecord.Curve(
                        entry.getKey().phase(),
                        entry.getKey().metric(),
                        entry.getValue().points()))
                .toList();
    }

    /** The runs that are remembered, without their curves, the one that changed last first. */
    synchronized List<RunRecord> runs() {
        return withCurrent(history.newest());
    }

    /** The same with all of the last day. */
    public synchronized List<RunRecord> recentRuns() {
        return withCurrent(history.recent());
    }

    private List<RunRecord> withCurrent(List<RunRecord> remembered) {
        List<RunRecord> runs = new ArrayList<>(remembered);
        current().ifPresent(now -> {
            runs.removeIf(record -> record.run().equals(now.run()));
            runs.addFirst(now.told());
        });
        return runs;
    }

    /** A job starts, and why. */
    void starts(JobMeters.Cause cause) {
        meters.started(cause);
    }

    /** Takes the figures of runs that are over out of the metrics; to be called every now and then. */
    public void forgetOldFigures() {
        meters.forgetOld();
    }

    /** A run with its curves; empty if it is not remembered. */
    synchronized Optional<RunRecord> run(String id) {
        return current().filter(now -> now.run().equals(id)).or(() -> history.find(id));
    }

    /** The place in its trace of a remembered run that has no result yet; empty if none is known. */
    public synchronized Optional<Traceparent> trace(String id) {
        return run(id).filter(record -> record.outcome() != RunRecord.Outcome.FINISHED)
                .flatMap(record -> Traceparent.parse(record.traceparent()));
    }

    private void publishLast() {
        if (unpublished != null) {
            publisher.accept(unpublished);
            unpublished = null;
        }
    }

    /** A loss that is not a number would be refused by every consumer; people see it in the log and in its absence. */
    private Map<String, Double> finite(Map<String, Double> figures) {
        Map<String, Double> finite = new TreeMap<>(figures);
        if (finite.values().removeIf(value -> !Double.isFinite(value))) {
            LOG.warnf("Left out of the progress of step %d because they are no finite numbers: %s", step, figures);
        }
        return finite;
    }

    private void chart(String inPhase, String metric, long atStep, double value) {
        SeriesKey key = new SeriesKey(inPhase, metric);
        if (series.size() < MAX_SERIES || series.containsKey(key)) {
            series.computeIfAbsent(key, missing -> new Series(POINTS)).add(atStep, value);
        }
    }

    synchronized Moment moment() {
        Double seconds = eta.isPresent() ? eta.getAsDouble() : null;
        return new Moment(
                run,
                title,
                cause,
                phase,
                step,
                totalSteps,
                seconds,
                metrics,
                List.copyOf(healed),
                memory,
                outcome,
                changed);
    }

    /** A metric that several phases report has one chart for each: {@code loss (train)}, {@code loss (evaluate)}. */
    synchronized JobControl.Charts charts() {
        Map<String, List<double[]>> charts = new LinkedHashMap<>();
        List<SeriesKey> keys = new ArrayList<>(series.keySet());
        for (SeriesKey key : keys) {
            boolean alone = keys.stream()
                            .filter(other -> other.metric().equals(key.metric()))
                            .count()
                    == 1;
            String name = alone ? key.metric() : key.metric() + " (" + key.phase() + ")";
            charts.put(name, Objects.requireNonNull(series.get(key)).points());
        }
        return new JobControl.Charts(run, charts);
    }
}
