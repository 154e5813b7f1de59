package io.alignstream.stageruntime.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Owner;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.stageruntime.retraining.RetrainingConfig;
import io.alignstream.stageruntime.retraining.RetrainingPolicy;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.stageruntime.tracing.CausingEvents;
import io.alignstream.stageruntime.tracing.Tracing;
import io.alignstream.stageruntime.view.Answers;
import io.alignstream.stageruntime.view.TopicView;
import io.alignstream.stageruntime.workers.Memberships;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.workers.WorkerRefusedException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class ReconcilerTest {

    private static final Duration LONGEST_DEBOUNCE = Duration.ofMillis(600);

    @Inject
    EventPublisher publisher;

    @Inject
    BrokerRefusals refusals;

    @Inject
    KafkaReaders readers;

    /** Runs what asks the stage's questions. */
    private Executor asker = Runnable::run;

    private final Answers answers = new Answers(question -> asker.execute(question));
    private final TopicView view = new TopicView(answers);
    private final List<Thread> threads = new ArrayList<>();
    private final List<Reconciler> reconcilers = new ArrayList<>();
    private final List<StageControl> kept = Collections.synchronizedList(new ArrayList<>());
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Deque<Boolean> triggers = new ArrayDeque<>();
    private Map<String, String> retraining = Map.of();
    private Instant now = Instant.parse("2026-11-30T10:00:00Z");

    @AfterEach
    void stop() throws InterruptedException {
        reconcilers.forEach(Reconciler::leave);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private Reconciler reconciler(Function<Boolean, Decision> decide) {
        return reconciler((known, triggered) -> decide.apply(triggered));
    }

    private Reconciler reconciler(BiFunction<View, Boolean, Decision> decide) {
        StageDefinition definition = new StageDefinition() {
            @Override
            public Stage stage() {
                return Stage.REWARD;
            }

            @Override
            public void subscribe(Subscriptions subscriptions) {}

            @Override
            public Decision decide(View known, boolean triggered) {
                triggers.add(triggered);
                return decide.apply(known, triggered);
            }
        };
        JobProgress progress =
                new JobProgress(Stage.REWARD, Meters.of(meters, "reward"), moment -> {}, RunHistory.inMemory());
        BiFunction<Job, Reason, RunningJob> starter = (job, cause) -> {
            RunningJob running = new RunningJob(
                    job,
                    cause,
                    Tracing.off().run("reward", job.run(), CausingEvents.Causes.NONE, false, null),
                    "reward",
                    publisher,
                    readers,
                    refusals,
                    progress,
                    SampleSettings.NONE,
                    new Memberships(readers, refusals, InetAddress.getLoopbackAddress(), false, 0),
                    new StepWatch(Duration.ZERO));
            threads.add(Thread.ofPlatform().start(running));
            return running;
        };
        Reconciler reconciler = new Reconciler(
                definition,
                progress,
                answers,
                starter,
                List.of(Duration.ZERO, Duration.ZERO),
                LONGEST_DEBOUNCE,
                new RetrainingPolicy(
                        Settings.of(RetrainingConfig.class, retraining).settings(), () -> now, progress::recentRuns),
                kept::add);
        reconcilers.add(reconciler);
        return reconciler;
    }

    private static Job job(JobBody body) {
        return job("r1", body);
    }

    private static Job job(String run, JobBody body) {
        return new Job() {
            @Override
            public String run() {
                return run;
            }

            @Override
            public Reason title() {
                return Reason.of("test.job");
            }

            @Override
            public void execute(JobContext context) throws Exception {
                body.execute(context);
            }
        };
    }

    private interface JobBody {
        void execute(JobContext context) throws Exception;
    }

    private void turn(Reconciler reconciler) {
        reconciler.settle();
        reconciler.compare(view, false);
    }

    @Test
    void onLeavingTheJobIsAskedToReturnAndNoneFollows() throws InterruptedException {
        // Given
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(job(context -> {
            for (long step = 1; !context.stopRequested(); step++) {
                context.progress("train", step, 1_000_000_000, Map.of());
            }
        })));
        turn(reconciler);

        // When
        RunningJob job = reconciler.leave().orElseThrow();

        // Then
        assertThat(job.awaitEnd(60_000)).isTrue();
        assertThat(job.failure()).isNull();
        turn(reconciler);
        assertThat(threads).hasSize(1);
    }

    @Test
    void aServiceIsWantedWhileItsJobRunsOrIsTriedAgainAndNotWhenNothingIsDue() throws InterruptedException {
        // Given: two failures, then a result
        int[] attempt = {0};
        List<Boolean> wanted = new ArrayList<>();
        Reconciler[] reconciler = {null};
        reconciler[0] = reconciler(triggered -> attempt[0] == 3
                ? new Decision.Wait(Reason.of("test.done"))
                : new Decision.Run(job(context -> {
                    wanted.add(reconciler[0].wanted());
                    attempt[0]++;
                    if (attempt[0] < 3) {
                        throw new IllegalStateException("for the test");
                    }
                })));
        wanted.add(reconciler[0].wanted());

        // When
        for (int turn = 0; turn < 4; turn++) {
            turn(reconciler[0]);
            if (threads.size() > turn) {
                threads.get(turn).join();
                reconciler[0].settle();
                wanted.add(reconciler[0].wanted());
            }
        }

        // Then: before anything is known, during each attempt and after it
        assertThat(wanted).hasSize(7).containsOnly(true);
        assertThat(reconciler[0].wanted()).isFalse();
        assertThat(counter("alignstream_job_retries_total")).isEqualTo(2);
        assertThat(starts("inputs")).isPositive();
        assertThat(starts("retry")).isPositive();
        assertThat(starts("trigger")).isZero();
    }

    private double counter(String name) {
        return meters.get(name).counter().count();
    }

    private double starts(String cause) {
        return meters.get("alignstream_job_last_start_timestamp_seconds")
                .tag("cause", cause)
                .gauge()
                .value();
    }

    @Test
    void aJobThatStopsByItselfIsNotDoneAndItsStageMayPauseIt() throws InterruptedException {
        // Given
        boolean[] stopped = {false};
        Reconciler reconciler = reconciler(triggered -> stopped[0]
                ? new Decision.Pause(Reason.of("test.guarded"))
                : new Decision.Run(job(context -> {
                    context.stop();
                    stopped[0] = context.stopRequested();
                })));
        turn(reconciler);
        threads.getFirst().join();
        reconciler.settle();
        Reason settled = reconciler.status().reason();

        // When
        reconciler.compare(view, false);

        // Then
        assertThat(settled).isEqualTo(Reason.of("stage.stopped"));
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.PAUSED);
        assertThat(reconciler.status().reason()).isEqualTo(Reason.of("test.guarded"));
        assertThat(threads).hasSize(1);
    }

    @Test
    void a_cancelled_run_stays_cancelled_after_a_restart_and_other_inputs_make_another() throws InterruptedException {
        // Given
        Function<Boolean, Decision> always = triggered -> new Decision.Run(job(context -> {
            while (!context.stopRequested()) {
                Thread.onSpinWait();
            }
        }));
        Reconciler before = reconciler(always);
        turn(before);
        before.cancel();
        threads.getFirst().join();
        turn(before);
        List<Set<String>> abandoned = new ArrayList<>();
        Reconciler restarted = reconciler((known, triggered) -> {
            abandoned.add(known.abandoned());
            return always.apply(triggered);
        });

        // When
        restarted.restore(kept.getLast());
        turn(restarted);

        // Then
        assertThat(restarted.status().state()).isEqualTo(JobStatus.State.CANCELLED);
        assertThat(abandoned).containsExactly(Set.of("r1"));
        assertThat(threads).hasSize(1);
        restarted.trigger();
        turn(restarted);
        assertThat(abandoned.getLast()).isEmpty();
        assertThat(threads).hasSize(2);
        restarted.leave();
    }

    @Test
    void a_run_that_another_process_has_taken_over_is_left_to_it() throws InterruptedException {
        // Given
        LeaseLostException lost = new LeaseLostException("r1", new Owner("node-2/17", "2026-11-29T10:00:00Z", "t", 3));
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(job(context -> {
            throw lost;
        })));
        turn(reconciler);
        threads.getFirst().join();

        // When
        for (int turn = 0; turn < 5; turn++) {
            turn(reconciler);
            reconciler.compare(view, true);
        }

        // Then
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.WAITING);
        assertThat(reconciler.status().reason()).isEqualTo(lost.reason());
        assertThat(reconciler.status().attempts()).isZero();
        assertThat(threads).hasSize(1);
    }

    @Test
    void a_run_that_others_have_begun_otherwise_is_left_and_theirs_is_joined_when_it_shows()
            throws InterruptedException {
        // Given: this process is told that another run of the family has begun, which then shows in the store
        WorkerRefusedException begun = new WorkerRefusedException(Reason.of("workers.otherRun")
                .with("worker", "w1")
                .with("address", "10.0.0.7")
                .with("there", "r2")
                .with("here", "r1"));
        AtomicReference<String> decided = new AtomicReference<>("r1");
        List<String> executed = Collections.synchronizedList(new ArrayList<>());
        Reconciler reconciler = reconciler(triggered -> {
            String run = decided.get();
            return new Decision.Run(job(run, context -> {
                executed.add(run);
                if (run.equals("r1")) {
                    throw begun;
                }
            }));
        });
        turn(reconciler);
        threads.getFirst().join();
        turn(reconciler);
        JobStatus waiting = reconciler.status();

        // When
        decided.set("r2");
        reconciler.compare(view, true);
        threads.getLast().join();

        // Then
        assertThat(waiting.state()).isEqualTo(JobStatus.State.WAITING);
        assertThat(waiting.reason()).isEqualTo(begun.reason());
        assertThat(waiting.attempts()).isZero();
        assertThat(executed).containsExactly("r1", "r2");
    }

    @Test
    void a_stage_that_a_person_paused_is_paused_after_a_restart() {
        // Given
        Reconciler before = reconciler(triggered -> new Decision.Wait(Reason.of("test.waits")));
        turn(before);
        before.pause();
        Reconciler restarted = reconciler(triggered -> new Decision.Run(job(context -> {})));

        // When
        restarted.restore(kept.getLast());
        turn(restarted);

        // Then
        assertThat(restarted.status().state()).isEqualTo(JobStatus.State.PAUSED);
        assertThat(threads).isEmpty();
    }

    @Test
    void what_a_person_asks_another_process_of_the_stage_for_holds_here_too() throws InterruptedException {
        // Given: two processes that work on one run
        Function<Boolean, Decision> always = triggered -> new Decision.Run(job(context -> {
            while (!context.stopRequested()) {
                Thread.onSpinWait();
            }
        }));
        Reconciler here = reconciler(always);
        turn(here);
        Reconciler there = reconciler(always);
        turn(there);

        // When: the other one is told to pause, and both hear all that is kept
        there.pause();
        List.copyOf(kept).forEach(here::restore);
        threads.getFirst().join();
        turn(here);

        // Then
        assertThat(here.status().state()).isEqualTo(JobStatus.State.PAUSED);
        there.resume();
        List.copyOf(kept).forEach(here::restore);
        turn(here);
        assertThat(here.status().state()).isEqualTo(JobStatus.State.RUNNING);
        there.cancel();
        List.copyOf(kept).forEach(here::restore);
        threads.getLast().join();
        turn(here);
        assertThat(here.status().state()).isEqualTo(JobStatus.State.CANCELLED);
        there.leave();
        here.leave();
    }

    @Test
    void how_often_another_process_has_failed_with_a_run_is_its_own_affair() throws InterruptedException {
        // Given
        Reconciler here = reconciler(triggered -> new Decision.Run(job(context -> {
            throw new IllegalStateException("no room");
        })));
        turn(here);
        threads.getFirst().join();
        turn(here);

        // When
        here.restore(new StageControl(
                Stage.REWARD.id(),
                false,
                99,
                List.of(new StageControl.Run("r1", false, 5, 0, Reason.of("test.waits")))));

        // Then
        assertThat(here.status().attempts()).isEqualTo(1);
    }

    @Test
    void a_pause_before_the_topics_are_read_keeps_what_an_earlier_process_kept() {
        // Given
        StageControl.Run cancelled = new StageControl.Run("r1", true, 1, 0, null);
        Reconciler reconciler = reconciler(triggered -> new Decision.Wait(Reason.of("test.waits")));

        // When
        reconciler.pause();
        reconciler.restore(new StageControl(Stage.REWARD.id(), false, 57, List.of(cancelled)));
        turn(reconciler);

        // Then
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.PAUSED);
        assertThat(kept)
                .containsExactly(new StageControl(
                        Stage.REWARD.id(),
                        true,
                        1_058, // a person's word weighs as much as a thousand changes
                        List.of(cancelled),
                        new StageControl.Asked(StageControl.Action.PAUSE, null, null)));
    }

    @Test
    void who_asked_for_what_is_kept_with_the_reason() {
        // Given
        StageControl.Asked asked =
                new StageControl.Asked(StageControl.Action.PAUSE, "Ann", "The rankings are being cleaned.");
        Reconciler reconciler = reconciler(triggered -> new Decision.Wait(Reason.of("test.waits")));
        turn(reconciler);

        // When
        reconciler.ask(asked);
        turn(reconciler);

        // Then
        assertThat(kept.getLast().asked()).isEqualTo(asked);
        assertThat(kept.getLast().paused()).isTrue();
        assertThat(reconciler.status().reason())
                .isEqualTo(Reason.of("stage.pausedBy").with("name", "Ann").with("reason", asked.reason()));
    }

    @Test
    void a_run_that_returns_when_its_service_stops_has_not_died() throws InterruptedException {
        // Given
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(job(context -> {
            while (!context.stopRequested()) {
                Thread.onSpinWait();
            }
        })));
        turn(reconciler);
        RunningJob job = reconciler.leave().orElseThrow();
        boolean ended = job.awaitEnd(60_000);

        // When
        reconciler.settle();

        // Then
        assertThat(ended).isTrue();
        assertThat(kept.getLast().runs()).isEmpty();
    }

    @Test
    void failures_count_over_restarts() throws InterruptedException {
        // Given
        Function<Boolean, Decision> failing = triggered -> new Decision.Run(job(context -> {
            throw new IllegalStateException("no room on the disk");
        }));
        Reconciler before = reconciler(failing);
        for (int attempt = 0; attempt < 2; attempt++) {
            turn(before);
            threads.getLast().join();
        }
        before.settle();
        Reconciler restarted = reconciler(failing);
        restarted.restore(kept.getLast());

        // When
        await().until(() -> {
            turn(restarted);
            return restarted.status().state() == JobStatus.State.FAILED;
        });

        // Then
        assertThat(threads).hasSize(3);
        assertThat(Messages.english(restarted.status().reason())).contains("no room on the disk");
    }

    @Test
    void a_run_that_kills_its_process_is_not_begun_for_ever() {
        // Given: each process begins it and is gone before anybody knows how it ended
        Function<Boolean, Decision> deadly = triggered -> new Decision.Run(job(context -> {}));
        int lives = 0;

        // When
        Reconciler reconciler = reconciler(deadly);
        turn(reconciler);
        while (reconciler.status().state() == JobStatus.State.RUNNING && lives < 100) {
            lives++;
            StageControl last = kept.getLast();
            reconciler = reconciler(deadly);
            reconciler.restore(last);
            turn(reconciler);
        }

        // Then
        assertThat(lives).isEqualTo(HeldRuns.MAX_DEATHS);
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.FAILED);
        assertThat(Messages.english(reconciler.status().reason())).contains("its process died each time");
    }

    @Test
    void a_run_whose_result_shows_is_forgotten() throws InterruptedException {
        // Given
        boolean[] done = {false};
        Reconciler reconciler = reconciler(triggered -> done[0]
                ? new Decision.Wait(Reason.of("test.upToDate"))
                : new Decision.Run(job(context -> done[0] = true)));
        turn(reconciler);
        threads.getFirst().join();

        // When
        turn(reconciler);

        // Then
        assertThat(kept.getLast().runs()).isEmpty();
    }

    @Test
    void events_that_never_stop_coming_do_not_put_a_run_off_for_ever() throws InterruptedException {
        // Given: a topic that is never quiet for as long as the stage would like
        Duration debounce = Duration.ofHours(1);
        List<Long> begun = new ArrayList<>();
        Reconciler reconciler = reconciler((known, triggered) -> {
            Duration left = debounce.minus(known.quietFor(Topic.RANKINGS));
            return left.isPositive()
                    ? new Decision.WaitFor(Reason.of("test.coming"), left)
                    : new Decision.Run(job(context -> begun.add(System.nanoTime())));
        });
        view.follow(Topic.RANKINGS);
        long start = System.nanoTime();

        // When
        await().pollInterval(Duration.ofMillis(20)).until(() -> {
            reconciler.settle();
            reconciler.compare(view, true);
            return !threads.isEmpty();
        });

        // Then
        threads.getFirst().join();
        assertThat(Duration.ofNanos(begun.getFirst() - start)).isGreaterThanOrEqualTo(LONGEST_DEBOUNCE);
        assertThat(Duration.ofNanos(begun.getFirst() - start)).isLessThan(debounce);
    }

    @Test
    void aRunWhoseResultNeverShowsDoesNotRunForEver() {
        // Given
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(job(context -> {})));

        // When
        await().until(() -> {
            turn(reconciler);
            return reconciler.status().state() == JobStatus.State.FAILED;
        });

        // Then
        assertThat(threads).hasSize(3);
        assertThat(Messages.english(reconciler.status().reason())).contains("its result does not show");
    }

    @Test
    void theFailureOfATriggeredRunStaysInSight() {
        // Given
        Reconciler reconciler = reconciler(triggered -> triggered
                ? new Decision.Run(job(context -> {
                    throw new IllegalStateException("no room on the disk");
                }))
                : new Decision.Wait(Reason.of("test.upToDate")));
        reconciler.trigger();

        // When
        await().until(() -> {
            turn(reconciler);
            return triggers.contains(false);
        });

        // Then
        assertThat(reconciler.status().reason())
                .isEqualTo(Reason.of("test.upToDate")
                        .and(Reason.of("stage.failedBefore")
                                .with("failure", reconciler.status().lastFailure())));
        assertThat(Messages.english(reconciler.status().lastFailure())).contains("no room on the disk");
    }

    @Test
    void aTriggerLastsWhileTheAnswerIsToCompareAgain() {
        // Given
        Reconciler reconciler = reconciler(triggered -> triggers.size() < 3
                ? new Decision.WaitFor(Reason.of("tokenizer.documentsComing"), Duration.ZERO)
                : new Decision.Wait(Reason.of("test.upToDate")));
        reconciler.trigger();

        // When
        await().until(() -> {
            turn(reconciler);
            return triggers.size() == 3;
        });
        reconciler.compare(view, true);

        // Then
        assertThat(triggers).containsExactly(true, true, true, false);
    }

    @Test
    void aQuestionThatCannotBeAnsweredIsShownAndAskedAgain() {
        // Given
        int[] times = {0};
        Question<Integer> question = Question.afterJobs(() -> {
            if (times[0]++ == 0) {
                throw new IOException("the store does not answer");
            }
            return 1;
        });
        view.ask(question);
        Reconciler reconciler = reconciler(triggered -> new Decision.Wait(Reason.of("stage.stopped")));

        // When
        reconciler.compare(view, true);
        JobStatus failed = reconciler.status();
        reconciler.compare(view, true);

        // Then
        assertThat(failed.state()).isEqualTo(JobStatus.State.FAILED);
        assertThat(failed.reason().toString()).contains("the store does not answer");
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.WAITING);
    }

    @Test
    void aTriggerCountsWhatIsThereWhenItComes() {
        // Given: the documents are counted for a comparison when one comes, and a person asks for a run
        int[] documents = {297};
        Question<Integer> question = Question.eachTime(() -> documents[0]);
        view.ask(question);
        List<Integer> counted = new ArrayList<>();
        Deque<Runnable> asked = new ArrayDeque<>();
        asker = asked::add;
        Reconciler reconciler = reconciler(triggered -> {
            counted.add(view.answer(question));
            return new Decision.Wait(Reason.of("stage.stopped"));
        });
        reconciler.compare(view, true);
        asked.remove().run();
        documents[0] = 300;

        // When
        reconciler.trigger();
        reconciler.compare(view, false);
        asked.forEach(Runnable::run);
        reconciler.compare(view, false);

        // Then
        assertThat(counted).containsExactly(300);
        assertThat(triggers).containsExactly(true);
    }

    @Test
    void aComparisonThatThrowsIsShown() {
        // Given
        Reconciler reconciler = reconciler(triggered -> {
            throw new IllegalStateException("no tokenizer named default");
        });

        // When
        turn(reconciler);

        // Then
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.FAILED);
        assertThat(Messages.english(reconciler.status().reason())).contains("no tokenizer named default");
    }

    @Test
    void whatATriggerWouldDoNeitherSpoilsADecisionNorOutlivesAPause() {
        // Given
        int[] triggered = {0};
        Reconciler reconciler = reconciler(asked -> {
            if (asked && triggered[0]++ > 0) {
                throw new IllegalStateException("nothing to compare with");
            }
            return new Decision.Wait(Reason.of("test.upToDate"));
        });
        reconciler.onTrigger();
        reconciler.compare(view, true);
        Optional<Reason> told = reconciler.onTrigger();

        // When
        reconciler.pause();
        Optional<Reason> paused = reconciler.onTrigger();
        reconciler.resume();
        reconciler.compare(view, true);

        // Then
        assertThat(told).contains(Reason.of("trigger.nothing").with("why", Reason.of("test.upToDate")));
        assertThat(paused).isEmpty();
        assertThat(reconciler.onTrigger()).isEmpty();
        assertThat(reconciler.status().state()).isEqualTo(JobStatus.State.WAITING);
    }

    @Test
    void a_run_outside_of_its_schedule_waits_for_it_whatever_comes_meanwhile_or_for_a_person()
            throws InterruptedException {
        // Given
        retraining = Map.of("alignstream.retraining.schedule", "0 2 * * *");
        String[] newest = {"r1"};
        Reconciler reconciler =
                reconciler(triggered -> new Decision.Run(job(newest[0], context -> newest[0] = "none")));
        turn(reconciler);
        JobStatus held = reconciler.status();

        // When
        newest[0] = "r2"; // newer inputs
        now = Instant.parse("2026-12-01T02:00:01Z");
        reconciler.compare(view, true);

        // Then
        assertThat(held.state()).isEqualTo(JobStatus.State.WAITING);
        assertThat(Messages.english(held.reason())).contains("held back", "2026-12-01 02:00 UTC");
        threads.getFirst().join();
        assertThat(reconciler.status().run()).isEqualTo("r2");
        assertThat(reconciler.status().cause()).isEqualTo(Reason.of("cause.held"));
    }

    @Test
    void a_run_that_another_process_has_begun_goes_by_no_policy() {
        // Given
        retraining = Map.of("alignstream.retraining.schedule", "0 2 * * *");
        boolean[] begun = {false};
        Job run = job(context -> {});
        Job others = new Job() {
            @Override
            public String run() {
                return run.run();
            }

            @Override
            public Reason title() {
                return run.title();
            }

            @Override
            public boolean hasBegun() {
                return begun[0];
            }

            @Override
            public void execute(JobContext context) {
                // nothing left to do
            }
        };
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(others));
        reconciler.compare(view, true);
        int before = threads.size();

        // When
        begun[0] = true;
        reconciler.compare(view, true);

        // Then
        assertThat(before).isZero();
        assertThat(threads).hasSize(1);
    }

    @Test
    void a_persons_trigger_goes_by_no_policy_and_stands_as_the_cause_of_the_run() throws InterruptedException {
        // Given
        retraining = Map.of("alignstream.retraining.consent", "true");
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(job(context -> {})));
        turn(reconciler);
        int begunBefore = threads.size();

        // When
        reconciler.ask(new StageControl.Asked(StageControl.Action.TRIGGER, "Ann", "the fair opens"));
        turn(reconciler);

        // Then
        assertThat(begunBefore).isZero();
        threads.getFirst().join();
        assertThat(reconciler.runs().getFirst().cause())
                .isEqualTo(Reason.of("cause.person").with("name", "Ann").with("reason", "the fair opens"));
    }

    @Test
    void a_run_that_newer_inputs_supersede_is_ended_where_that_is_the_policy() throws InterruptedException {
        // Given
        retraining = Map.of("alignstream.retraining.superseded", "cancel");
        String[] newest = {"r1"};
        Reconciler reconciler =
                reconciler((known, triggered) -> known.abandoned().contains(newest[0])
                        ? new Decision.Wait(Reason.of("test.waits"))
                        : new Decision.Run(job(newest[0], context -> {
                            while (!context.stopRequested()) {
                                Thread.onSpinWait();
                            }
                        })));
        turn(reconciler);
        reconciler.compare(view, true); // the same inputs
        boolean endedByTheSame = reconciler.status().reason().code().equals("retraining.superseded");

        // When
        newest[0] = "r2";
        reconciler.compare(view, true);

        // Then
        assertThat(endedByTheSame).isFalse();
        assertThat(reconciler.status().reason().code()).isEqualTo("retraining.superseded");
        threads.getFirst().join();
        turn(reconciler);
        await().until(() -> "r2".equals(reconciler.status().run()));
    }

    @Test
    void a_run_that_newer_inputs_supersede_is_finished_by_default() throws InterruptedException {
        // Given
        String[] newest = {"r1"};
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(job(newest[0], context -> {
            while (!context.stopRequested()) {
                Thread.onSpinWait();
            }
        })));
        turn(reconciler);

        // When
        newest[0] = "r2";
        reconciler.compare(view, true);

        // Then
        await().until(() -> "r1".equals(reconciler.status().run()));
        assertThat(threads).singleElement().extracting(Thread::isAlive).isEqualTo(true);
    }

    @Test
    void what_waits_for_its_time_keeps_its_place_while_events_keep_coming() throws InterruptedException {
        // Given
        retraining = Map.of("alignstream.retraining.schedule", "0 2 * * *");
        boolean[] coming = {false};
        Reconciler reconciler = reconciler(triggered -> coming[0]
                ? new Decision.WaitFor(Reason.of("test.waits"), Duration.ofMillis(1))
                : new Decision.Run(job(context -> {})));
        turn(reconciler);
        now = Instant.parse("2026-12-01T01:59:59Z");
        coming[0] = true;
        reconciler.compare(view, true);

        // When
        now = Instant.parse("2026-12-01T02:00:20Z");
        coming[0] = false;
        reconciler.compare(view, true);

        // Then
        assertThat(threads).hasSize(1);
    }

    @Test
    void another_kind_of_work_supersedes_nothing() throws InterruptedException {
        // Given
        retraining = Map.of("alignstream.retraining.superseded", "cancel");
        Job sampling = new Job() {
            @Override
            public String run() {
                return "sampling";
            }

            @Override
            public Reason title() {
                return Reason.of("test.job");
            }

            @Override
            public void execute(JobContext context) {
                while (!context.stopRequested()) {
                    Thread.onSpinWait();
                }
            }
        };
        Job[] due = {sampling};
        Reconciler reconciler = reconciler(triggered -> new Decision.Run(due[0]));
        turn(reconciler);

        // When
        due[0] = job(context -> {});
        reconciler.compare(view, true);

        // Then
        assertThat(reconciler.status().reason().code()).isNotEqualTo("retraining.superseded");
        assertThat(threads).singleElement().extracting(Thread::isAlive).isEqualTo(true);
    }
}
