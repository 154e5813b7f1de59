package io.alignstream.rlhf;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.GuardDecision.Verdict;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.rlhf.guard.FreshRankings;
import io.alignstream.rlhf.guard.Guard;
import io.alignstream.rlhf.guard.GuardConfig;
import io.alignstream.rlhf.release.Releases;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.testing.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a run that the guard pauses, through crashes and restarts, until a person decides. */
class GuardPausesTest {

    private static final int ITERATIONS = 6;
    private static final RlhfConfig CONFIG = Settings.of(
            RlhfConfig.class,
            Map.ofEntries(
                    entry("alignstream.rlhf.validate-every", "2"),
                    entry("alignstream.rlhf.rehearsal.conversations", "64"),
                    entry("alignstream.rlhf.rehearsal.openings", "64"),
                    entry("alignstream.rlhf.rehearsal.documents", "32"),
                    entry("alignstream.rlhf.training.iterations", String.valueOf(ITERATIONS)),
                    entry("alignstream.rlhf.training.batch-episodes", "4"),
                    entry("alignstream.rlhf.training.minibatch-episodes", "4"),
                    entry("alignstream.rlhf.training.epochs", "2"),
                    entry("alignstream.rlhf.training.critic-warm-up", "0"),
                    entry("alignstream.rlhf.training.policy-learning-rate", "1e-2"),
                    entry("alignstream.rlhf.training.max-answer-tokens", "4")));

    /** Any change of the probabilities by an update is too much. */
    private static final GuardConfig STRICT = Settings.of(
            GuardConfig.class,
            Map.of("alignstream.rlhf.guard.iterations", "3", "alignstream.rlhf.guard.ratio", "0.000001"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final MemoryTopics topics = new MemoryTopics();

    @SuppressWarnings("NullAway.Init")
    private CheckpointStore store;

    @BeforeEach
    void publishParents() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
        Checkpoint sft = TinyParents.sft(store);
        topics.publish(Topic.CHECKPOINTS, sft);
        topics.publish(Topic.CHECKPOINTS, TinyParents.reward(store, sft));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aPausedRunIsNeitherFinishedNorStartedAgain() throws Exception {
        // When
        topics.run(started().decide(topics, false));

        // Then
        GuardDecision decision = topics.log(Topic.GUARD_DECISIONS).getFirst();
        assertThat(decision.verdict()).isEqualTo(Verdict.PAUSED);
        assertThat(decision.signal()).isEqualTo("ratio");
        assertThat(decision.curves()).containsExactly("val/ratio");
        assertThat(decision.iteration()).isEqualTo(decision.since() + 2).isLessThan(ITERATIONS);
        assertThat(topics.checkpoints(Stage.RLHF)).isEmpty();
        assertThat(topics.log(Topic.MODEL_RELEASES)).isEmpty();
        assertThat(started().decide(topics, true)).isEqualTo(new Decision.Pause(Guard.waiting(decision)));
    }

    @Test
    void aCrashBeforeThePauseIsPublishedPausesBeforeTheNextStep() throws Exception {
        // Given
        topics.full = Topic.GUARD_DECISIONS;
        Throwable crash = catchThrowable(() -> topics.run(started().decide(topics, false)));
        topics.full = null;
        List<Long> before = iterations();

        // When
        topics.run(started().decide(topics, false));

        // Then
        assertThat(crash).hasMessage("guard-decisions is full");
        assertThat(iterations()).isEqualTo(before);
        assertThat(topics.log(Topic.GUARD_DECISIONS)).hasSize(1);
    }

    @Test
    void aPersonLetsItGoOnFromWhereItStoodAlsoAfterARestart() throws Exception {
        // Given
        topics.run(started().decide(topics, false));
        long paused = iterations().getLast();
        decide(Verdict.CONTINUED);

        // When
        topics.run(started().decide(topics, false));

        // Then: the figures up to the pause no longer count, the later ones do
        assertThat(iterations()).startsWith(1L, 2L, 3L).contains(paused + 1).doesNotHaveDuplicates();
        assertThat(iterations().getLast()).isGreaterThanOrEqualTo(paused + 3);
    }

    @Test
    void aPersonEndsItAndItsBestPolicyPassesTheGate() throws Exception {
        // Given
        topics.run(started().decide(topics, false));
        List<Long> before = iterations();
        decide(Verdict.ENDED);

        // When
        topics.run(started().decide(topics, false));

        // Then
        assertThat(iterations()).isEqualTo(before);
        assertThat(topics.checkpoints(Stage.RLHF)).singleElement().satisfies(aligned -> assertThat(aligned.metrics())
                .containsKeys("winRate", "bestStep")
                .containsEntry("bestStep", 2.0));
        assertThat(topics.log(Topic.MODEL_RELEASES)).singleElement().satisfies(release -> assertThat(release.run())
                .isEqualTo(topics.checkpoints(Stage.RLHF).getFirst().run()));
        assertThat(started().decide(topics, false)).isInstanceOf(Decision.Wait.class);
    }

    @Test
    void aRunInOrderIsNotPaused() throws Exception {
        // Given
        RlhfStage stage = started(Settings.of(GuardConfig.class, Map.of()));

        // When
        topics.run(stage.decide(topics, false));

        // Then
        assertThat(topics.log(Topic.GUARD_DECISIONS)).isEmpty();
        assertThat(topics.checkpoints(Stage.RLHF)).hasSize(1);
    }

    /** The stage as it is after a start that has read the topics. */
    private RlhfStage started() {
        return started(STRICT);
    }

    private RlhfStage started(GuardConfig guard) {
        RlhfStage stage = new RlhfStage(CONFIG, store, new Releases(), new Guard(guard), new FreshRankings());
        stage.subscribe(topics);
        return stage;
    }

    private void decide(Verdict verdict) {
        GuardDecision pause = topics.newestByKey(Topic.GUARD_DECISIONS).getFirst();
        topics.publish(Topic.GUARD_DECISIONS, pause.decided(verdict, "Ann", "for the test"));
    }

    private List<Long> iterations() {
        return topics.log(Topic.TRAINING_PROGRESS).stream()
                .filter(progress -> progress.job().equals("ppo"))
                .map(TrainingProgress::step)
                .toList();
    }
}
