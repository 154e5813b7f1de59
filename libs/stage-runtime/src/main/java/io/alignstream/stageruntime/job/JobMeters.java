package io.alignstream.stageruntime.job;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.metrics.RunGauges;
import io.micrometer.core.instrument.Counter;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** What the metrics say of a stage's jobs; thread-safe. */
final class JobMeters {

    private final Meters meters;
    private final Map<Cause, AtomicLong> starts = new EnumMap<>(Cause.class);
    private final Counter retries;
    private final RunGauges figures;
    private volatile double savedAt;
    private volatile double savedBytes;

    /** Why a job starts. */
    enum Cause {
        /** Its inputs have changed. */
        INPUTS,
        /** Its inputs have changed, and the policy had held it back. */
        HELD,
        /** A person asked for it. */
        TRIGGER,
        /** It failed before. */
        RETRY,
        /** An earlier process left it unfinished. */
        RESUME
    }

    JobMeters(Stage stage, Meters meters) {
        this.meters = meters;
        this.figures = meters.ofRuns();
        this.retries = meters.counter(Metric.JOB_RETRIES);
        for (Cause cause : Cause.values()) {
            AtomicLong at = new AtomicLong();
            starts.put(cause, at);
            meters.gauge(Metric.JOB_LAST_START, at, AtomicLong::doubleValue, id(cause));
        }
        for (RunRecord.Outcome outcome : RunRecord.Outcome.values()) {
            meters.histogram(Metric.JOB_DURATION, id(outcome));
        }
        if (trains(stage)) {
            meters.gauge(Metric.CHECKPOINT_TIMESTAMP, this, self -> self.savedAt);
            meters.gauge(Metric.CHECKPOINT_SIZE, this, self -> self.savedBytes);
            meters.histogram(Metric.CHECKPOINT_SAVE);
            meters.counter(Metric.HEALING_EVENTS);
            meters.counter(Metric.WORKER_INCIDENTS);
        }
    }

    private static boolean trains(Stage stage) {
        return Metric.CHECKPOINT_SAVE.reporter().stages().contains(stage);
    }

    private static String id(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Shows where the job stands. */
    void follow(JobProgress progress) {
        meters.gauge(Metric.JOB_STEP, progress, self -> self.moment().step());
        meters.gauge(Metric.JOB_TOTAL_STEPS, progress, self -> self.moment().totalSteps());
        meters.gauge(
                Metric.JOB_PROGRESS_TIMESTAMP,
                progress,
                self -> self.moment().changed().toEpochMilli() / 1e3);
    }

    void started(Cause cause) {
        Objects.requireNonNull(starts.get(cause)).set(Instant.now().getEpochSecond());
        if (cause == Cause.RETRY) {
            retries.increment();
        }
    }

    void ended(String run, RunRecord.Outcome outcome, double seconds) {
        meters.histogram(Metric.JOB_DURATION, id(outcome)).record(seconds);
        figures.ended(run);
    }

    void figures(String run, String phase, Map<String, Double> newest) {
        figures.set(run, phase, newest);
    }

    /** To be called every now and then. */
    void forgetOld() {
        figures.forgetOld();
    }

    void saved(double seconds, long bytes) {
        meters.histogram(Metric.CHECKPOINT_SAVE).record(seconds);
        savedAt = System.currentTimeMillis() / 1e3;
        savedBytes = bytes;
    }

    void healed() {
        meters.counter(Metric.HEALING_EVENTS).increment();
    }

    void incident() {
        meters.counter(Metric.WORKER_INCIDENTS).increment();
    }
}
