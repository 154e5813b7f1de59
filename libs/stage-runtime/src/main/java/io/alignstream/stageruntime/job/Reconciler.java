package io.alignstream.stageruntime.job;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.retraining.RetrainingPolicy;
import io.alignstream.stageruntime.view.Answers;
import io.alignstream.training.LedElsewhereException;
import io.alignstream.training.workers.WorkerRefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Compares and starts jobs, one at a time.
 *
 * <p>{@link #settle} and {@link #compare} are for the reader's thread, so the stage's {@code decide} never meets an
 * event handler; the methods of {@link JobControl} are for any thread.
 */
public final class Reconciler implements JobControl {

    private static final Logger LOG = Logger.getLogger(Reconciler.class);
    /** A run that lasts so long is not what kills its process: it would die again soon after its newest checkpoint. */
    private static final Duration LASTING = Duration.ofMinutes(5);

    private static final Duration DECIDE_AGAIN = Duration.ofSeconds(10);
    /** How often a process that has lost a run looks whether the run's owner is still alive. */
    private static final Duration ASK_OWNER_AGAIN = Duration.ofMinutes(1);

    private final StageDefinition definition;
    private final JobProgress progress;
    private final Answers answers;
    private final BiFunction<Job, Reason, RunningJob> starter;
    private final List<Duration> backoff;
    private final Duration longestDebounce;
    private final RetrainingPolicy policy;

    private final HeldRuns held;
    private JobStatus.State state = JobStatus.State.STARTING;
    private Reason reason = Reason.of("stage.readingTopics");
    private @Nullable RunningJob running;
    private boolean triggered;
    /** Whether the last comparison came to a run, which starts now or later. */
    private boolean due;
    /** Whether the answers are still from before the trigger. */
    private boolean answersOutdated;

    /** What people asked for before it was known what an earlier process kept, which would otherwise undo it, or be undone by it. */
    private final List<StageControl.Asked> early = new ArrayList<>();
    /** Whether that is known. */
    private boolean restored;

    private boolean leaving;
    /** Whether something happened that no event tells. */
    private boolean hint = true;

    private @Nullable Long compareAt;
    /** Since when a run waits for events to stop coming. */
    private @Nullable Long debouncedSince;
    /** Since when something is due that the policy holds back. */
    private @Nullable Instant heldSince;
    /** Since when newer inputs than the running job's are due. */
    private @Nullable Instant newerSince;

    /** The run that is considered, or was last. */
    private @Nullable String attempted;

    private long begunAt;
    private long retryAt;
    private @Nullable Reason lastFailure;
    /** The run that another process works on, and what is said of it. */
    private @Nullable String lost;

    private @Nullable Reason lostReason;
    /** Whether anybody has asked what a trigger would do, so that each comparison says so from now on. */
    private boolean foresightWanted;
    /** What a trigger would do. */
    private @Nullable Reason foreseen;

    /** The run that has ended well and whose result is still to show. */
    private @Nullable String finished;

    /**
     * A reconciler of {@code definition}.
     *
     * @param starter starts a job, and keeps for what cause, on the job thread
     * @param backoff times to wait before the second attempt, the third, …; one attempt more than times
     * @param longestDebounce longest time that a run waits for events to stop coming
     * @param policy when a run begins that nobody has asked for
     * @param keeper keeps what holds the stage and its runs back, for the next process
     */
    public Reconciler(
            StageDefinition definition,
            JobProgress progress,
            Answers answers,
            BiFunction<Job, Reason, RunningJob> starter,
            List<Duration> backoff,
            Duration longestDebounce,
            RetrainingPolicy policy,
            Consumer<StageControl> keeper) {
        this.definition = definition;
        this.progress = progress;
        this.answers = answers;
        this.starter = starter;
        this.backoff = backoff;
        this.longestDebounce = longestDebounce;
        this.policy = policy;
        this.held = new HeldRuns(definition.stage(), keeper);
    }

    /**
     * Takes note of a job that is over.
     *
     * @return if one is: for each partition the end of what it published, to be read before the next comparison
     */
    public synchronized Optional<Map<TopicPartition, Long>> settle() {
        RunningJob job = running;
        if (job == null || !job.isOver()) {
            return Optional.empty();
        }
        running = null;
        heldSince = newerSince;
        newerSince = null;
        answers.jobEnded();
        hint = true;
        Throwable failure = job.failure();
        String run = job.job().run();
        if (job.stopRequested()) {
            held.stopped(run);
            show(JobStatus.State.WAITING, Reason.of("stage.stopped"));
        } else if (failure instanceof Explained elsewhere
                && (failure instanceof LeaseLostException
                        || failure instanceof LedElsewhereException
                        || failure instanceof WorkerRefusedException)) {
            held.stopped(run); // no attempt of this process
            lost = run;
            lostReason = elsewhere.reason();
            boolean passes = failure instanceof WorkerRefusedException refused && refused.passes();
            retryAt = System.nanoTime() + (passes ? DECIDE_AGAIN : ASK_OWNER_AGAIN).toNanos();
            show(JobStatus.State.WAITING, lostReason);
        } else {
            // If the stage asks for a finished run again, its result does not show: that counts as a failure, too.
            lastFailure = failure == null ? null : describe(failure);
            held.ended(run, lastFailure);
            finished = failure == null ? run : null;
            int attempts = held.attempts(run);
            retryAt = System.nanoTime();
            if (attempts >= 1 && attempts <= backoff.size()) {
                retryAt += backoff.get(attempts - 1).toNanos();
            }
            show(
                    JobStatus.State.WAITING,
                    lastFailure == null
                            ? Reason.of("stage.done").with("job", job.job().title())
                            : Reason.of("stage.failed").with("failure", lastFailure));
        }
        return Optional.of(job.published());
    }

    /** Compares, if there is a reason to; {@code changed} says that events arrived. */
    public void compare(View view, boolean changed) {
        boolean asked;
        RunningJob older;
        synchronized (this) {
            restored = true;
            early.forEach(held::ask);
            early.clear();
            if (running != null && System.nanoTime() - begunAt > LASTING.toNanos()) {
                held.lasting(running.job().run());
            }
            boolean due = changed || compareAt != null && System.nanoTime() - compareAt >= 0;
            if (running != null || leaving) {
                hint |= changed;
                if (!due || running == null || leaving || !policy.superseding()) {
                    return;
                }
            } else if (held.paused()) {
                hint = true;
                show(JobStatus.State.PAUSED, pausedBy(held.asked()));
                return;
            } else if (!due && !hint) {
                return;
            } else {
                hint = false;
            }
            compareAt = null;
            older = running;
            asked = older == null && triggered;
            if (older == null && answersOutdated) {
                answersOutdated = false;
                answers.triggered();
            }
        }
        if (older == null) {
            decide(view, asked);
        } else {
            supersede(view, older.job());
        }
    }

    private void decide(View view, boolean asked) {
        Decision decision;
        boolean begun;
        try {
            if (!answers.complete()) {
                synchronized (this) {
                    hint = true;
                }
                return;
            }
            try {
                definition.show(view);
                decision = definition.decide(compared(view, asked), asked);
                begun = decision instanceof Decision.Run run && run.job().hasBegun();
                foresee(view, asked, decision);
            } finally {
                answers.compared();
            }
        } catch (RuntimeException e) {
            LOG.errorf(
                    e, "The comparison of stage %s failed", definition.stage().id());
            synchronized (this) {
                show(JobStatus.State.FAILED, Reason.of("stage.comparisonFailed").with("failure", describe(e)));
                compareAfter(DECIDE_AGAIN);
            }
            return;
        }
        act(decision, asked, begun);
    }

    /** Cancels the run that goes on, if one with newer inputs is due and may begin. */
    private void supersede(View view, Job older) {
        Decision decision;
        try {
            if (!answers.complete()) {
                return; // the next event, or the end of the run, brings another comparison
            }
            try {
                Set<String> without = new HashSet<>(abandoned());
                without.add(older.run());
                decision = definition.decide(
                        new ComparedView(view, without, !patienceLeft().isPositive()), false);
            } finally {
                answers.compared();
            }
        } catch (RuntimeException e) {
            LOG.warnf(e, "Whether run %s is superseded cannot be told", older.run());
            return;
        }
        synchronized (this) {
            patience(decision);
            if (decision instanceof Decision.WaitFor wait) {
                compareAfter(wait.delay());
            } else if (decision instanceof Decision.Run next
                    && running != null
                    && next.job().getClass() == older.getClass() // another kind of work supersedes nothing
                    && !next.job().run().equals(older.run())) {
                newerSince = newerSince == null ? policy.now() : newerSince;
                Optional<RetrainingPolicy.Hold> hold =
                        triggered ? Optional.empty() : policy.holds(next.job().run(), newerSince);
                if (hold.isPresent()) {
                    compareAfter(hold.get().again());
                    return;
                }
                held.cancel(older.run());
                running.stop();
                show(
                        JobStatus.State.RUNNING,
                        Reason.of("retraining.superseded")
                                .with("job", older.title())
                                .with("next", next.job().title()));
            }
        }
    }

    /** Notes since when a run waits for events to stop coming. */
    private void patience(Decision decision) {
        if (!(decision instanceof Decision.WaitFor)) {
            debouncedSince = null;
        } else if (debouncedSince == null) {
            debouncedSince = System.nanoTime();
        }
    }

    private synchronized Set<String> abandoned() {
        return held.abandoned(maxAttempts());
    }

    /**
     * What a trigger would come to; the comparison that was just made tells it of a run that starts anyway. Where it cannot be
     * told, nothing is: the decision that was made stands.
     */
    private void foresee(View view, boolean asked, Decision decision) {
        synchronized (this) {
            if (!foresightWanted) {
                return;
            }
        }
        @Nullable Reason reasonThen = null;
        try {
            Decision triggering = asked || decision instanceof Decision.Run
                    ? decision
                    : definition.decide(compared(view, true), true);
            reasonThen = foreseen(triggering);
        } catch (RuntimeException e) {
            LOG.warnf(
                    e,
                    "What a trigger of stage %s would do cannot be told",
                    definition.stage().id());
        }
        synchronized (this) {
            foreseen = reasonThen;
        }
    }

    private static Reason foreseen(Decision triggering) {
        return switch (triggering) {
            case Decision.Run run ->
                Reason.of("trigger.run").with("job", run.job().title());
            case Decision.Wait wait -> Reason.of("trigger.nothing").with("why", wait.reason());
            case Decision.WaitFor wait -> Reason.of("trigger.nothing").with("why", wait.reason());
            case Decision.Pause pause -> Reason.of("trigger.nothing").with("why", pause.reason());
        };
    }

    /** A person's trigger brings back what was abandoned. */
    private synchronized View compared(View view, boolean asked) {
        return new ComparedView(
                view, asked ? Set.of() : abandoned(), !patienceLeft().isPositive());
    }

    /** How long a run may still wait for events to stop coming. */
    private synchronized Duration patienceLeft() {
        return debouncedSince == null
                ? longestDebounce
                : longestDebounce.minusNanos(System.nanoTime() - debouncedSince);
    }

    private synchronized void act(Decision decision, boolean asked, boolean begun) {
        due = decision instanceof Decision.Run || decision instanceof Decision.WaitFor;
        if (finished != null
                && !(decision instanceof Decision.Run run && run.job().run().equals(finished))) {
            held.forget(finished); // its result shows
        }
        finished = null;
        patience(decision);
        if (decision instanceof Decision.Wait || decision instanceof Decision.Pause) {
            heldSince = null; // but not while events come: what is due keeps its place
        }
        switch (decision) {
            case Decision.Wait wait -> {
                triggered &= !asked;
                // A run that a person asked for and that failed is not asked for again: its failure must stay in sight.
                show(
                        JobStatus.State.WAITING,
                        lastFailure == null
                                ? wait.reason()
                                : wait.reason()
                                        .and(Reason.of("stage.failedBefore").with("failure", lastFailure)));
            }
            case Decision.WaitFor wait -> {
                Duration left = patienceLeft();
                compareAfter(wait.delay().compareTo(left) < 0 ? wait.delay() : left);
                show(JobStatus.State.WAITING, wait.reason());
            }
            case Decision.Pause pause -> {
                triggered &= !asked;
                show(JobStatus.State.PAUSED, pause.reason());
            }
            case Decision.Run run -> consider(run.job(), asked, begun);
        }
    }

    private void consider(Job job, boolean asked, boolean begun) {
        String run = job.run();
        if (asked) {
            triggered = false;
            held.forget(run);
        }
        if (asked || !run.equals(attempted)) {
            attempted = run;
            retryAt = System.nanoTime();
            lastFailure = held.failure(run).orElse(null);
        }
        int attempts = held.attempts(run);
        long wait = retryAt - System.nanoTime();
        Optional<RetrainingPolicy.Hold> hold = asked || begun || attempts > 0 || held.deaths(run) > 0
                ? Optional.empty()
                : policy.holds(run, heldSince == null ? policy.now() : heldSince);
        due = !held.cancelled(run) && attempts < maxAttempts() && held.deaths(run) < HeldRuns.MAX_DEATHS;
        if (held.cancelled(run)) {
            heldSince = null;
            show(JobStatus.State.CANCELLED, Reason.of("stage.cancelled").with("run", run));
        } else if (attempts >= maxAttempts()) {
            show(
                    JobStatus.State.FAILED,
                    Reason.of("stage.failedTooOften")
                            .with("run", run)
                            .with("attempts", attempts)
                            .with("failure", failureOf(run)));
        } else if (held.deaths(run) >= HeldRuns.MAX_DEATHS) {
            show(
                    JobStatus.State.FAILED,
                    Reason.of("stage.diedTooOften").with("run", run).with("deaths", held.deaths(run)));
        } else if (lostReason != null && run.equals(lost) && wait > 0) {
            compareAfter(Duration.ofNanos(wait));
            show(JobStatus.State.WAITING, lostReason);
        } else if (attempts > 0 && wait > 0) {
            compareAfter(Duration.ofNanos(wait));
            show(
                    JobStatus.State.WAITING,
                    Reason.of("stage.retries")
                            .with("attempt", attempts + 1)
                            .with("attempts", maxAttempts())
                            .with("failure", failureOf(run)));
        } else if (hold.isPresent()) {
            heldSince = heldSince == null ? policy.now() : heldSince;
            compareAfter(hold.get().again());
            show(
                    JobStatus.State.WAITING,
                    Reason.of("retraining.held")
                            .with("job", job.title())
                            .with("why", hold.get().reason()));
        } else {
            Reason cause = cause(asked);
            progress.starts(metered(run, asked, attempts));
            heldSince = null;
            held.begun(run);
            begunAt = System.nanoTime();
            foreseen = null; // another comparison tells what comes after this run
            show(JobStatus.State.RUNNING, job.title());
            running = starter.apply(job, cause);
        }
    }

    /** Why a run begins now; of one that goes on its first cause stays. */
    private Reason cause(boolean asked) {
        StageControl.Asked person = held.asked();
        if (asked && person != null && person.action() == StageControl.Action.TRIGGER && person.by() != null) {
            return Reason.of("cause.person")
                    .with("name", person.by())
                    .with("reason", person.reason() == null ? "–" : person.reason());
        }
        if (asked) {
            return Reason.of("cause.trigger");
        }
        return Reason.of(heldSince == null ? "cause.inputs" : "cause.held");
    }

    /** The same for the metrics, which also tell of runs that go on. */
    private JobMeters.Cause metered(String run, boolean asked, int attempts) {
        if (asked) {
            return JobMeters.Cause.TRIGGER;
        }
        if (attempts > 0) {
            return JobMeters.Cause.RETRY;
        }
        if (held.deaths(run) > 0) {
            return JobMeters.Cause.RESUME;
        }
        return heldSince == null ? JobMeters.Cause.INPUTS : JobMeters.Cause.HELD;
    }

    private Reason failureOf(String run) {
        if (lastFailure == null) {
            lastFailure = Reason.of("stage.noResult").with("run", run);
        }
        return lastFailure;
    }

    private int maxAttempts() {
        return backoff.size() + 1;
    }

    private void compareAfter(Duration delay) {
        compareAt = System.nanoTime() + delay.toNanos();
    }

    private void show(JobStatus.State newState, Reason newReason) {
        if (newState != state || !newReason.equals(reason)) {
            LOG.infof("Stage is %s: %s", newState, Messages.english(newReason));
        }
        state = newState;
        reason = newReason;
    }

    private static Reason describe(Throwable failure) {
        if (failure instanceof Explained explained) {
            return explained.reason();
        }
        String message = failure.getMessage();
        return Reason.of("stage.unexpected")
                .with("detail", failure.getClass().getSimpleName() + (message == null ? "" : ": " + message));
    }

    /**
     * Takes over what an earlier process kept, before the first comparison, and what another process of the service does then;
     * for the reader's thread.
     */
    public synchronized void restore(StageControl kept) {
        if (!restored) {
            held.restore(kept);
            return;
        }
        StageControl.Asked asked = held.hear(kept) ? kept.asked() : null;
        if (asked != null) {
            switch (asked.action()) {
                case TRIGGER -> triggerNow();
                case PAUSE -> pauseNow();
                case RESUME, CANCEL -> hint = true;
            }
        }
        if (running != null && (held.paused() || held.cancelled(running.job().run()))) {
            running.stop();
        }
    }

    /** The view is not complete (again), and why. */
    public synchronized void starting(Reason why) {
        show(JobStatus.State.STARTING, why);
    }

    /** Lets the running job return and starts no other; returns the job, if there is one. */
    public synchronized Optional<RunningJob> leave() {
        leaving = true;
        if (running != null) {
            running.stop();
        }
        return Optional.ofNullable(running);
    }

    /** The view can be kept up to date no longer: lets the running job return, starts no other and says why. */
    public synchronized void failed(Reason why) {
        leave();
        show(JobStatus.State.FAILED, why);
    }

    /** Whether a job is due, runs or waits for its next attempt, or nothing is known of that yet: the service is not to be taken away. */
    public synchronized boolean wanted() {
        if (running != null) {
            return true;
        }
        return !leaving && !held.paused() && (state == JobStatus.State.STARTING || triggered || due);
    }

    @Override
    public synchronized JobStatus status() {
        JobProgress.Moment moment = progress.moment();
        Stage stage = definition.stage();
        return new JobStatus(
                stage,
                stage.service(),
                state,
                reason,
                moment.run(),
                moment.title(),
                moment.cause(),
                moment.phase(),
                moment.step(),
                moment.totalSteps(),
                state == JobStatus.State.RUNNING ? moment.etaSeconds() : null,
                moment.metrics(),
                moment.healed(),
                moment.memory(),
                attempted == null ? 0 : held.attempts(attempted),
                lastFailure,
                moment.outcome(),
                moment.run() == null ? null : moment.changed());
    }

    @Override
    public Charts charts() {
        return progress.charts();
    }

    @Override
    public List<RunRecord> runs() {
        return progress.runs();
    }

    @Override
    public Optional<RunRecord> run(String id) {
        return progress.run(id);
    }

    @Override
    public synchronized Optional<Reason> onTrigger() {
        if (!foresightWanted) {
            foresightWanted = true;
            hint = true;
        }
        return running == null && !held.paused() ? Optional.ofNullable(foreseen) : Optional.empty();
    }

    @Override
    public synchronized void ask(StageControl.Asked asked) {
        if (restored) {
            held.ask(asked);
        } else {
            early.add(asked);
        }
        switch (asked.action()) {
            case TRIGGER -> triggerNow();
            case PAUSE -> pauseNow();
            case RESUME -> hint = true;
            case CANCEL -> cancelNow();
        }
    }

    private static Reason pausedBy(StageControl.@Nullable Asked asked) {
        return asked == null || asked.action() != StageControl.Action.PAUSE || asked.by() == null
                ? Reason.of("stage.paused")
                : Reason.of("stage.pausedBy")
                        .with("name", asked.by())
                        .with("reason", asked.reason() == null ? "–" : asked.reason());
    }

    private void triggerNow() {
        triggered = true;
        answersOutdated = true;
        hint = true;
    }

    private void pauseNow() {
        if (running != null) {
            running.stop();
            reason = Reason.of("stage.pausing").with("job", running.job().title());
        }
    }

    private void cancelNow() {
        String run = running != null ? running.job().run() : attempted;
        if (run == null) {
            return;
        }
        held.cancel(run);
        hint = true;
        if (running != null) {
            running.stop();
            reason = Reason.of("stage.cancelling").with("job", running.job().title());
        }
    }
}
