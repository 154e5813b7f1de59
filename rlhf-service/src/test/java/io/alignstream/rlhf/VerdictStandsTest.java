package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.rlhf.guard.FreshRankings;
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

/** The gate decides about a candidate once, whatever is triggered, killed and restarted; then people decide. */
class VerdictStandsTest {

    private static final RlhfConfig CONFIG = Settings.of(
            RlhfConfig.class,
            Map.of(
                    "alignstream.rlhf.training.iterations", "1",
                    "alignstream.rlhf.rehearsal.conversations", "64",
                    "alignstream.rlhf.rehearsal.openings", "64",
                    "alignstream.rlhf.rehearsal.documents", "32",
                    "alignstream.rlhf.training.batch-episodes", "4",
                    "alignstream.rlhf.training.minibatch-episodes", "4",
                    "alignstream.rlhf.training.epochs", "1",
                    "alignstream.rlhf.training.critic-warm-up", "0",
                    "alignstream.rlhf.training.max-answer-tokens", "4"));

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
    void aRolledBackModelStaysRolledBackWhenItsRunIsTriggeredAfterARestart() throws Exception {
        // Given
        topics.run(started().decide(topics, false));
        decide(Verdict.APPROVED);
        decide(Verdict.ROLLED_BACK);

        // When
        Decision decision = started().decide(topics, true);

        // Then
        ModelRelease release = topics.newestByKey(Topic.MODEL_RELEASES).getFirst();
        assertThat(decision)
                .isEqualTo(new Decision.Wait(Reason.of("rlhf.sameInputs").with("run", release.run())));
        assertThat(release.verdict()).isEqualTo(Verdict.ROLLED_BACK);
    }

    @Test
    void aCrashBetweenReleaseAndCheckpointEndsWithTheCheckpointAndTheSameVerdict() throws Exception {
        // Given
        topics.full = Topic.CHECKPOINTS;
        Throwable crash = catchThrowable(() -> topics.run(started().decide(topics, false)));
        topics.full = null;

        // When
        topics.run(started().decide(topics, false));

        // Then
        assertThat(crash).hasMessage("checkpoints is full");
        assertThat(topics.log(Topic.MODEL_RELEASES)).singleElement().satisfies(release -> assertThat(release.run())
                .isEqualTo(aligned().getFirst().run()));
        assertThat(aligned()).hasSize(1);
    }

    @Test
    void whatAPersonDecidedBetweenCrashAndRestartStands() throws Exception {
        // Given
        topics.full = Topic.CHECKPOINTS;
        Throwable crash = catchThrowable(() -> topics.run(started().decide(topics, false)));
        topics.full = null;
        decide(Verdict.ROLLED_BACK);

        // When
        topics.run(started().decide(topics, true));

        // Then
        assertThat(crash).hasMessage("checkpoints is full");
        assertThat(topics.newestByKey(Topic.MODEL_RELEASES).getFirst().verdict())
                .isEqualTo(Verdict.ROLLED_BACK);
        assertThat(aligned()).hasSize(1);
    }

    @Test
    void newPromptsMakeANewCandidate() throws Exception {
        // Given
        topics.run(started().decide(topics, false));
        topics.prompts = 16;

        // When
        Decision decision = started().decide(topics, true);

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().run())
                .isNotEqualTo(aligned().getFirst().run()));
    }

    /** The stage as it is after a start that has read the topics. */
    private RlhfStage started() {
        RlhfStage stage = new RlhfStage(CONFIG, store, new Releases(), TinyParents.guard(), new FreshRankings());
        stage.subscribe(topics);
        return stage;
    }

    private void decide(Verdict verdict) {
        ModelRelease release = topics.newestByKey(Topic.MODEL_RELEASES).getFirst();
        topics.publish(Topic.MODEL_RELEASES, release.decided(verdict, "Ann", "for the test"));
    }

    private List<Checkpoint> aligned() {
        return topics.checkpoints(Stage.RLHF);
    }
}
