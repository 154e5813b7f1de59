package io.alignstream.stageruntime.job;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.rights.BrokerRefusedException;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kafka.SnapshotReader;
import io.alignstream.stageruntime.tracing.Tracing;
import io.alignstream.stageruntime.workers.Memberships;
import io.alignstream.training.LedElsewhereException;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.Sample;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.workers.Membership;
import io.alignstream.training.workers.WorkerRefusedException;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** A job with its context, from start to end; {@link #run()} is for the job's thread, the rest is thread-safe. */
public final class RunningJob implements JobContext, Runnable {

    private static final Logger LOG = Logger.getLogger(RunningJob.class);
    /** After which an incident is published again where the brokers have not taken it. */
    private static final Duration TELL_AGAIN = Duration.ofSeconds(1);

    private static final AttributeKey<String> TOPIC = AttributeKey.stringKey("messaging.destination.name");
    private static final AttributeKey<String> KEY = AttributeKey.stringKey("messaging.kafka.message.key");

    private final Job job;
    private final Reason cause;
    private final Tracing.RunTrace trace;
    private final String stage;
    private final EventPublisher publisher;
    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private final JobProgress progress;
    private final SampleSettings samples;
    private final Memberships memberships;
    private final StepWatch steps;
    private final Map<TopicPartition, Long> published = new ConcurrentHashMap<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile boolean stopRequested;
    private volatile @Nullable Throwable failure;

    /**
     * A job that is to run.
     *
     * @param cause why, as it is told and kept
     * @param trace what it belongs to
     */
    public RunningJob(
            Job job,
            Reason cause,
            Tracing.RunTrace trace,
            String stage,
            EventPublisher publisher,
            KafkaReaders readers,
            BrokerRefusals refusals,
            JobProgress progress,
            SampleSettings samples,
            Memberships memberships,
            StepWatch steps) {
        this.job = job;
        this.cause = cause;
        this.trace = trace;
        this.stage = stage;
        this.publisher = publisher;
        this.readers = readers;
        this.refusals = refusals;
        this.progress = progress;
        this.samples = samples;
        this.memberships = memberships;
        this.steps = steps;
    }

    public Job job() {
        return job;
    }

    @Override
    public Optional<Reason> cause() {
        return progress.cause();
    }

    @Override
    public void run() {
        MDC.put("stage", stage);
        MDC.put("runId", job.run());
        Reason title = job.title();
        trace.awaitTold();
        progress.begin(job.run(), title, cause, trace.place());
        steps.newRun();
        LOG.infof("Job starts: %s (%s)", Messages.english(title), Messages.english(cause));
        long start = System.nanoTime();
        name(trace.attempt());
        try (Scope ignored = trace.attempt().makeCurrent()) {
            job.execute(this);
            LOG.infof("Job %s after %.1f s", stopRequested ? "stopped" : "done", (System.nanoTime() - start) * 1e-9);
        } catch (LedElsewhereException e) {
            failure = e; // to be asked for again, if the result does not show
            LOG.infof("Job done after %.1f s: %s", (System.nanoTime() - start) * 1e-9, e.getMessage());
        } catch (WorkerRefusedException e) {
            failure = e;
            LOG.warnf("Job left to others after %.1f s: %s", (System.nanoTime() - start) * 1e-9, e.getMessage());
        } catch (Throwable e) { // also a LinkageError of the native library: it must show, not kill the thread
            failure = MemoryPlan.explained(
                    refusals.explained(e, AclOperation.READ)); // what it published is explained already
            LOG.errorf(e, "Job failed after %.1f s: %s", (System.nanoTime() - start) * 1e-9, e);
        } finally {
            progress.end(outcome());
            ended(trace.attempt());
            MDC.clear();
            over.countDown();
        }
    }

    /** What the job's thread says in the log names {@code span} from now on. */
    private static void name(Span span) {
        if (span.getSpanContext().isValid()) {
            MDC.put("traceId", span.getSpanContext().getTraceId());
            MDC.put("spanId", span.getSpanContext().getSpanId());
        }
    }

    private void ended(Span span) {
        RunRecord.Outcome outcome = outcome();
        span.setAttribute("alignstream.outcome", outcome.name().toLowerCase(Locale.ROOT));
        if (outcome == RunRecord.Outcome.FAILED && failure != null) {
            span.setStatus(StatusCode.ERROR, failure.toString());
        }
        span.end();
    }

    /** How the job ended; of one that has. */
    public RunRecord.Outcome outcome() {
        boolean refused = failure instanceof WorkerRefusedException;
        if (failure != null && !refused && !(failure instanceof LedElsewhereException)) {
            return RunRecord.Outcome.FAILED;
        }
        return stopRequested || refused ? RunRecord.Outcome.STOPPED : RunRecord.Outcome.FINISHED;
    }

    @Override
    public void stop() {
        stopRequested = true;
    }

    boolean isOver() {
        return over.getCount() == 0;
    }

    public boolean awaitEnd(long milliseconds) throws InterruptedException {
        return over.await(milliseconds, TimeUnit.MILLISECONDS);
    }

    /** Why the job failed; null if it did not. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /** For each partition the offset after the last event that the job published. */
    Map<TopicPartition, Long> published() {
        return published;
    }

    /** Whether the job has published something to {@code topic}. */
    public boolean hasPublished(Topic<?> topic) {
        return published.keySet().stream()
                .anyMatch(partition -> partition.topic().equals(topic.name()));
    }

    @Override
    public boolean stopRequested() {
        return stopRequested;
    }

    @Override
    public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {
        progress.report(phase, step, totalSteps, metrics);
    }

    @Override
    public void followed(String phase, long step, long totalSteps, Map<String, Double> metrics) {
        progress.follow(phase, step, totalSteps, metrics);
    }

    @Override
    public void recorded(Reference record) {
        progress.recorded(record);
    }

    @Override
    public void stepBegins() {
        steps.begin();
    }

    @Override
    public void stepEnds() {
        steps.end();
    }

    @Override
    public void saved(double seconds, long bytes) {
        progress.saved(seconds, bytes);
    }

    @Override
    public SampleSettings samples() {
        return samples;
    }

    @Override
    public void sampled(Sample sample) {
        progress.sampled(sample);
    }

    @Override
    public void planned(MemoryPlan memory) {
        LOG.infof(
                "Memory needed: %d MiB (%s), available: %d MiB",
                memory.bytes() >> 20,
                memory.parts().entrySet().stream()
                        .map(part -> part.getKey() + " " + (part.getValue() >> 20))
                        .collect(Collectors.joining(", ")),
                memory.available() >> 20);
        progress.planned(memory);
    }

    @Override
    public void healed(Reason what) {
        LOG.warnf("Training failed and goes back: %s", Messages.english(what));
        progress.healed(what);
    }

    @Override
    public void incident(Incident what) {
        Reason reason = Reason.of("training.incident")
                .with("shard", what.shard())
                .with("step", what.step())
                .with("one", name(what.owner()))
                .with("other", name(what.auditor()));
        LOG.errorf("Workers: %s", Messages.english(reason));
        progress.incident(reason);
        publisher
                .publishLater(Topic.INCIDENTS, what)
                .onFailure(failure -> !(failure instanceof BrokerRefusedException
                        || failure instanceof RejectedExecutionException)) // the service ends
                .retry()
                .withBackOff(TELL_AGAIN, Duration.ofMinutes(1))
                .indefinitely()
                .subscribe()
                .with(
                        ignored -> {},
                        failure -> LOG.errorf(
                                "It stands on no topic, only here and at the other workers: %s", failure.getMessage()));
    }

    private static String name(Incident.Computed worker) {
        return worker.worker() + " at " + worker.address() + " " + new TreeMap<>(worker.fingerprint());
    }

    @Override
    public double auditShare() {
        return memberships.auditShare();
    }

    @Override
    public void workersChanged(Reason what) {
        LOG.infof("Workers: %s", Messages.english(what));
        progress.note(what);
    }

    @Override
    public <T> void publish(Topic<T> topic, T event) {
        RecordMetadata place = publisher.publish(topic, event);
        Span.current().addEvent("published", Attributes.of(TOPIC, topic.name(), KEY, topic.key(event)));
        published.merge(new TopicPartition(place.topic(), place.partition()), place.offset() + 1, Math::max);
    }

    @Override
    public InetAddress workerAddress() {
        return memberships.address();
    }

    @Override
    public int workers(TrainingRun run) {
        return memberships.count(run.stage(), run.family());
    }

    @Override
    public Membership membership(
            TrainingRun run, int shards, InetSocketAddress rendezvous, Map<String, String> fingerprint) {
        return memberships.join(run.stage(), run.family(), run.id(), shards, rendezvous, fingerprint);
    }

    @Override
    public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
        return SnapshotReader.read(topic, snapshot, readers.open());
    }
}
