package io.alignstream.stageruntime.runner;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.access.EndedSessions;
import io.alignstream.stageruntime.job.JobProgress;
import io.alignstream.stageruntime.job.Reconciler;
import io.alignstream.stageruntime.job.RunHistory;
import io.alignstream.stageruntime.job.RunningJob;
import io.alignstream.stageruntime.job.StepWatch;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptStateException;
import io.alignstream.stageruntime.letters.DeadLetters;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.retention.StoreRetention;
import io.alignstream.stageruntime.retraining.RetrainingConfig;
import io.alignstream.stageruntime.retraining.RetrainingPolicy;
import io.alignstream.stageruntime.settings.CommonConfig;
import io.alignstream.stageruntime.tracing.Tracing;
import io.alignstream.stageruntime.tracking.Tracking;
import io.alignstream.stageruntime.view.Answers;
import io.alignstream.stageruntime.view.Reader;
import io.alignstream.stageruntime.view.ReaderMeters;
import io.alignstream.stageruntime.view.TopicMadeAnewException;
import io.alignstream.stageruntime.view.TopicView;
import io.alignstream.stageruntime.workers.Memberships;
import io.alignstream.training.samples.SampleSettings;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs a stage's threads: {@code stage-reader} reads and compares, {@code stage-questions} asks what comparisons need to
 * know, {@code stage-job} runs jobs.
 *
 * <p>Jobs share one platform thread because native math libraries keep a pool of helpers for each thread that calls
 * them.
 */
@ApplicationScoped
public class StageRunner {

    private static final Logger LOG = Logger.getLogger(StageRunner.class);
    /** Below the views' folder, beside what the services keep there. */
    private static final String CHARTS = "charts";

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Meters meters;
    private final StageDefinition definition;
    private final KafkaReaders readers;
    private final EventPublisher publisher;
    private final BrokerRefusals refusals;
    private final DeadLetters deadLetters;
    private final StoreRetention retention;
    private final KeptState kept;
    private final ReaderMeters readerMeters;
    private final Duration grace;
    private final SampleSettings samples;
    private final Memberships memberships;
    private final StepWatch steps;
    private final EndedSessions endedSessions;
    private final Tracing tracing;
    private final Tracking tracking;
    private final JobProgress progress;
    private final Reconciler reconciler;
    private final TopicView view;
    private final ExecutorService questions;
    private final ExecutorService jobs;
    private final CountDownLatch leaving = new CountDownLatch(1);
    private volatile boolean caughtUpOnce;
    private volatile @Nullable String trouble;
    /** Until the process ends: only another release reads on. */
    private volatile @Nullable String newerEvent;

    private volatile List<Checkpoint> checkpoints = List.of();
    private volatile List<Incident> incidents = List.of();
    private @Nullable Thread readerThread;

    StageRunner(
            StageDefinition definition,
            KafkaReaders readers,
            EventPublisher publisher,
            BrokerRefusals refusals,
            DeadLetters deadLetters,
            StoreRetention retention,
            KeptState kept,
            Memberships memberships,
            EndedSessions endedSessions,
            Tracing tracing,
            Tracking tracking,
            Meters meters,
            CommonConfig config,
            RetrainingConfig retraining) {
        this.meters = meters;
        this.definition = definition;
        this.readers = readers;
        this.publisher = publisher;
        this.refusals = refusals;
        this.deadLetters = deadLetters;
        this.retention = retention;
        this.kept = kept;
        this.memberships = memberships;
        this.endedSessions = endedSessions;
        this.tracing = tracing;
        this.tracking = tracking;
        this.grace = config.shutdown().grace();
        this.steps = new StepWatch(config.job().longestStep());
        this.samples = new SampleSettings(
                config.samples().times(),
                config.samples().tokens(),
                config.samples().prompts().orElse(List.of()));
        this.readerMeters = new ReaderMeters(meters);
        this.progress = new JobProgress(
                definition.stage(),
                meters,
                this::publish,
                config.views()
                        .folder()
                        .map(folder -> RunHistory.in(folder.resolve(CHARTS)
                                .resolve(definition.stage().service())))
                        .orElseGet(RunHistory::inMemory));
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        this.questions = thread("stage-questions", loader);
        Answers answers = new Answers(questions, refusals::in);
        this.view = new TopicView(answers);
        this.reconciler = new Reconciler(
                definition,
                progress,
                answers,
                this::start,
                config.job().backoff(),
                config.job().longestDebounce(),
                policy(definition.stage(), retraining),
                this::keep);
        this.jobs = thread("stage-job", loader);
        for (JobStatus.State state : JobStatus.State.values()) {
            meters.gauge(
                    Metric.JOB_STATE,
                    reconciler,
                    job -> job.status().state() == state ? 1 : 0,
                    state.name().toLowerCase(Locale.ROOT));
        }
        meters.gauge(Metric.JOB_WANTED, reconciler, job -> job.wanted() ? 1 : 0);
    }

    /** What is approved is served at once, and what was rolled back no longer: loading a release is no training. */
    private RetrainingPolicy policy(Stage stage, RetrainingConfig retraining) {
        return stage == Stage.INFERENCE
                ? RetrainingPolicy.NONE
                : new RetrainingPolicy(retraining.settings(), InstantSource.system(), progress::recentRuns);
    }

    private static ExecutorService thread(String name, ClassLoader loader) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(task);
            thread.setContextClassLoader(loader);
            return thread;
        });
    }

    @Produces
    @Singleton
    JobControl jobControl() {
        return reconciler;
    }

    void onStart(@Observes StartupEvent event) {
        definition.subscribe(view);
        view.follow(Topic.STAGE_CONTROLS, (control, origin) -> reconciler.restore(control));
        view.follow(Topic.ENDED_SESSIONS, (session, origin) -> endedSessions.take(session));
        Thread thread = Thread.ofPlatform().name("stage-reader").daemon().unstarted(this::read);
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        readerThread = thread;
        thread.start();
    }

    /** The stage's finished checkpoints, oldest first, if it follows them. */
    public List<Checkpoint> checkpoints() {
        return checkpoints;
    }

    /** Workers of the stage's runs that came to different bits, the newest last, if it follows them. */
    public List<Incident> incidents() {
        return incidents;
    }

    /** Whether the view was complete once. */
    public boolean started() {
        return caughtUpOnce;
    }

    /** Whether the view was complete once and the reader's thread keeps it up to date whenever the broker lets it. */
    public boolean ready() {
        return caughtUpOnce && alive();
    }

    /** What keeps the view from being up to date; empty if nothing does. */
    public Optional<String> trouble() {
        if (steps.hangs()) {
            return Optional.of(
                    ("a training step has taken %,d s and seems not to end; start the service again, or raise"
                                    + " alignstream.job.longest-step if its steps are that long")
                            .formatted(steps.present().toSeconds()));
        }
        String last = newerEvent == null ? trouble : newerEvent;
        return last != null || readerMeters.inContact()
                ? Optional.ofNullable(last)
                : Optional.of("Kafka does not answer");
    }

    /** Whether the reader's thread has run and will never run again. */
    public boolean ended() {
        return readerThread != null && !readerThread.isAlive();
    }

    /** Whether the reader's thread runs, and no step of a run hangs. */
    public boolean alive() {
        return readerThread != null && readerThread.isAlive() && !steps.hangs();
    }

    private void read() {
        try (Admin admin = readers.admin()) {
            read(admin);
        }
    }

    private void read(Admin admin) {
        Reader reader = null;
        boolean changed = false;
        // What the last job published, until the view is told to wait for it.
        Optional<Map<TopicPartition, Long>> published = Optional.empty();
        while (leaving.getCount() > 0 && !refused()) {
            try {
                if (reader == null) {
                    reader = new Reader(
                            readers.open(definition.stage().service()),
                            admin,
                            view,
                            kept,
                            this::deadLetter,
                            readerMeters);
                }
                changed |= reader.turn();
                if (published.isEmpty()) {
                    published = reconciler.settle();
                }
                if (published.isPresent()) {
                    reader.catchUp(published.get());
                    published = Optional.empty();
                }
                changed = compare(reader, changed);
                progress.forgetOldFigures();
                trouble = null;
            } catch (TopicMadeAnewException e) {
                // Not closed: that would commit offsets of the topic that is no more.
                LOG.errorf("The service has to be started again: %s", e.getMessage());
                trouble = e.getMessage();
                reconciler.failed(e.reason());
                return;
            } catch (KeptStateException e) {
                LOG.errorf(e, "The service has to be started again: %s", e.getMessage());
                trouble = e.getMessage();
                reconciler.failed(e.reason());
                return;
            } catch (LeavingException e) {
                return; // the offset stays before the record whose dead letter is not published
            } catch (KafkaException e) {
                if (refusals.in(e, AclOperation.READ).isEmpty()) {
                    LOG.warnf("Kafka does not answer, I try again: %s", e.getMessage());
                    trouble = e.toString();
                    changed = true; // the turn may have taken records in before it failed
                    pause();
                }
            }
        }
        if (reader != null) {
            reader.close();
        }
    }

    /** Whether the brokers refuse what the service needs, as reader or otherwise; the job's page and health say what. */
    private boolean refused() {
        refusals.first().ifPresent(reason -> {
            trouble = Messages.english(reason);
            reconciler.failed(reason);
        });
        return refusals.first().isPresent();
    }

    private boolean compare(Reader reader, boolean changed) {
        if (reader.caughtUp()) {
            caughtUpOnce = true;
            endedSessions.known();
            if (changed && view.follows(Topic.CHECKPOINTS)) {
                checkpoints = view.newestByKey(Topic.CHECKPOINTS).stream()
                        .filter(checkpoint -> checkpoint.stage() == definition.stage())
                        .toList();
            }
            if (changed && view.follows(Topic.INCIDENTS)) {
                incidents = view.newestByKey(Topic.INCIDENTS).stream()
                        .filter(incident ->
                                incident.stage().equals(definition.stage().id()))
                        .toList();
            }
            reconciler.compare(view, changed);
            return false;
        }
        Optional<Reason> newer = reader.newer();
        if (newer.isPresent()) {
            newerEvent = Messages.english(newer.get());
            reconciler.starting(newer.get());
        } else if (!caughtUpOnce) {
            var missing = reader.missing();
            reconciler.starting(
                    missing.isEmpty()
                            ? Reason.of("stage.readingTopics")
                            : Reason.of("stage.topicsMissing")
                                    .with("topics", String.join(", ", new TreeSet<>(missing))));
        }
        return changed;
    }

    private void deadLetter(ConsumerRecord<byte[], byte[]> record, Throwable cause, boolean again) {
        if (again) {
            deadLetters.remember(record, cause);
            return;
        }
        while (true) {
            try {
                deadLetters.publish(record, cause);
                return;
            } catch (RuntimeException e) {
                refusals.in(e, AclOperation.READ)
                        .ifPresent(
                                refusal -> { // to write is explained already
                                    throw refusal;
                                });
                LOG.errorf(
                        e,
                        "Dead letter of %s, partition %d, offset %d not published, I try again",
                        record.topic(),
                        record.partition(),
                        record.offset());
                trouble = "the dead letter of " + record.topic() + ", partition " + record.partition() + ", offset "
                        + record.offset() + " cannot be published: " + e;
                pause();
            }
            if (leaving.getCount() == 0) {
                throw new LeavingException();
            }
        }
    }

    private void pause() {
        try {
            boolean left = leaving.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
            LOG.tracef("left: %s", left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LeavingException();
        }
    }

    private RunningJob start(Job job, Reason cause) {
        String stage = definition.stage().id();
        boolean byPerson = cause.code().equals("cause.person") || cause.code().equals("cause.trigger");
        Tracing.RunTrace trace = tracing.run(
                stage,
                job.run(),
                view.causing().take(),
                byPerson,
                progress.trace(job.run()).orElse(null));
        trace.published().ifPresent(view.causing()::publishes);
        RunningJob running = new RunningJob(
                job, cause, trace, stage, publisher, readers, refusals, progress, samples, memberships, steps);
        jobs.execute(() -> {
            tracking.begins(definition.stage(), job);
            running.run();
            tracking.ended(definition.stage(), job.run(), running.outcome());
            if (running.hasPublished(Topic.CHECKPOINTS)) {
                retention.collectAfterRun();
            }
        });
        return running;
    }

    /** In the background, so that a broker that does not answer holds nothing up; the next change tells all of it again. */
    private void keep(StageControl control) {
        publisher
                .publishLater(Topic.STAGE_CONTROLS, control)
                .subscribe()
                .with(
                        ignored -> {},
                        failure -> LOG.warnf(
                                "What holds the stage back is not published and would not outlive a restart: %s",
                                failure.getMessage()));
    }

    /** Progress is of no use later, so nothing waits for it and a lost one stays lost. */
    private void publish(TrainingProgress moment) {
        tracking.measured(moment);
        publisher
                .publishLater(Topic.TRAINING_PROGRESS, moment)
                .subscribe()
                .with(ignored -> {}, failure -> LOG.debugf("Progress not published: %s", failure.getMessage()));
    }

    /** Before the publisher closes: the job publishes and checkpoints within the grace period. */
    void onStop(@Observes @Priority(1) ShutdownEvent event) throws InterruptedException {
        var job = reconciler.leave();
        if (job.isPresent() && job.get().awaitEnd(grace.toMillis())) {
            reconciler.settle(); // the reader may be gone before it does, and the run would count as one that died
        } else if (job.isPresent()) {
            LOG.warnf(
                    "Job %s did not return within %s; the next start resumes its last checkpoint",
                    job.get().job().run(), grace);
        }
        leaving.countDown();
        if (readerThread != null) {
            readerThread.join(Duration.ofSeconds(5));
        }
        jobs.shutdownNow();
        questions.shutdownNow();
        meters.forgetGauges();
    }

    private static final class LeavingException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
