package io.alignstream.inference.overview;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.overview.Overview.Change;
import io.alignstream.inference.overview.Overview.StageState;
import io.alignstream.inference.overview.Overview.State;
import io.alignstream.stageruntime.flow.FlowReader.Flow;
import io.alignstream.stageruntime.flow.FlowReader.Length;
import io.alignstream.stageruntime.flow.FlowReader.Timed;
import io.alignstream.training.Lineage;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SeenTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    @Test
    void aStageThatTellsOfAnUnfinishedRunIsRunning() {
        // Given
        Flow flow = flow(List.of(), List.of(), List.of(), progress(5, 10, Duration.ofSeconds(20)));

        // When
        StageState sft = stage(flow);

        // Then
        assertThat(sft.state()).isEqualTo(State.RUNNING);
        assertThat(sft.etaSeconds()).isEqualTo(80.0);
        assertThat(sft.page()).isEqualTo("page of sft");
    }

    @Test
    void anUnfinishedRunThatTellsNothingIsSilentWhichIsAnAlarm() {
        // Given
        Flow flow = flow(List.of(), List.of(), List.of(), progress(5, 10, Duration.ofMinutes(9)));

        // When
        Overview overview = overview(flow);

        // Then
        assertThat(stage(flow).state()).isEqualTo(State.SILENT);
        assertThat(overview.alarms())
                .containsExactly(Reason.of("overview.silent")
                        .with("service", "sft-service")
                        .with("run", "r1")
                        .with("minutes", 9));
    }

    @Test
    void aRunThatEndedEarlyIsOverWithItsResult() {
        // Given
        Flow flow = flow(
                List.of(checkpoint(Stage.SFT, "r1", Map.of(), 3)),
                List.of(),
                List.of(),
                progress(5, 10, Duration.ofMinutes(9)));

        // When
        StageState sft = stage(flow);

        // Then
        assertThat(sft.state()).isEqualTo(State.WAITING);
    }

    @Test
    void whatHoldsAStageBackIsSaid() {
        // Given
        StageControl paused = new StageControl(
                "sft", true, 1, List.of(), new StageControl.Asked(StageControl.Action.PAUSE, "Ann", "cleaning"));
        StageControl cancelled =
                new StageControl("sft", false, 2, List.of(new StageControl.Run("r1", true, 0, 0, null)));
        StageControl failed = new StageControl(
                "sft", false, 3, List.of(new StageControl.Run("r1", false, 2, 0, Reason.of("disk.full"))));

        // When
        List<StageState> stages = Stream.of(paused, cancelled, failed)
                .map(control ->
                        stage(flow(List.of(), List.of(), List.of(control), progress(5, 10, Duration.ofMinutes(9)))))
                .toList();

        // Then
        assertThat(stages).extracting(StageState::state).containsExactly(State.PAUSED, State.CANCELLED, State.FAILED);
        assertThat(stages.getFirst().reason())
                .isEqualTo(Reason.of("stage.pausedBy").with("name", "Ann").with("reason", "cleaning"));
        assertThat(stages.getLast().reason()).isEqualTo(Reason.of("disk.full"));
    }

    @Test
    void aRunThatFailedBeforeTheOneThatIsDoneIsNoTroubleOfTheStage() {
        // Given
        StageControl failed = new StageControl(
                "sft", false, 3, List.of(new StageControl.Run("r0", false, 2, 0, Reason.of("disk.full"))));
        Flow flow = flow(
                List.of(checkpoint(Stage.SFT, "r1", Map.of(), 3)),
                List.of(),
                List.of(failed),
                progress(10, 10, Duration.ofMinutes(9)));

        // When
        Overview overview = overview(flow);

        // Then
        assertThat(stage(flow).state()).isEqualTo(State.WAITING);
        assertThat(overview.alarms()).isEmpty();
    }

    @Test
    void theLastStepOfAPhaseIsNotTheEndOfTheRun() {
        // Given
        Flow flow = flow(List.of(), List.of(), List.of(), progress(10, 10, Duration.ofSeconds(20)));

        // When
        StageState sft = stage(flow);

        // Then
        assertThat(sft.state()).isEqualTo(State.RUNNING);
    }

    @Test
    void onlyTheRunThatItsGuardHoldsIsPaused() {
        // Given
        Map<Stage, Timed<TrainingProgress>> told = Map.of(
                Stage.RLHF,
                new Timed<>(
                        new TrainingProgress(Stage.RLHF, "r1", "train", 5, 10, 100, Map.of()), NOW.minusSeconds(5)));

        // When
        List<State> states = Stream.of("r0", "r1")
                .map(run -> new GuardDecision(
                        run,
                        GuardDecision.Verdict.PAUSED,
                        "over-optimisation",
                        List.of("objective/kl"),
                        3,
                        4,
                        Reason.of("stage.paused"),
                        null,
                        null))
                .map(held ->
                        new Flow(List.of(), List.of(), List.of(), List.of(new Timed<>(held, NOW)), List.of(), told))
                .map(flow -> overview(flow).stages().stream()
                        .filter(state -> state.stage() == Stage.RLHF)
                        .findFirst()
                        .orElseThrow()
                        .state())
                .toList();

        // Then
        assertThat(states).containsExactly(State.RUNNING, State.PAUSED);
    }

    @Test
    void thePathLeadsFromTheServedReleaseBackPastNewerModels() {
        // Given
        Checkpoint base = checkpoint(Stage.PRETRAIN, "base", Map.of(), 5);
        Checkpoint sft = checkpoint(Stage.SFT, "sft-1", Map.of(Lineage.BASE, base), 5);
        Checkpoint reward = checkpoint(Stage.REWARD, "reward", Map.of(Lineage.SFT, sft), 5);
        Checkpoint aligned = checkpoint(Stage.RLHF, "aligned", Map.of(Lineage.SFT, sft, Lineage.REWARD, reward), 5);
        Checkpoint newer = checkpoint(Stage.SFT, "sft-2", Map.of(Lineage.BASE, base), 9);

        // When
        List<Overview.Model> path = overview(
                        flow(List.of(base, sft, reward, aligned, newer), List.of(release(aligned)), List.of(), null))
                .path();

        // Then
        assertThat(path).extracting(Overview.Model::run).containsExactly("base", "sft-1", "reward", "aligned");
        assertThat(path).extracting(Overview.Model::inUse).containsExactly(true, false, true, true);
    }

    @Test
    void aReleaseSaysWhatIsNewInIt() {
        // Given
        Checkpoint base = checkpoint(Stage.PRETRAIN, "base", Map.of(), 5);
        Checkpoint sft = checkpoint(Stage.SFT, "sft", Map.of(Lineage.BASE, base), 5);
        Checkpoint first = checkpoint(Stage.RLHF, "first", Map.of(Lineage.SFT, sft), 5);
        Checkpoint other = checkpoint(Stage.SFT, "other", Map.of(Lineage.BASE, base), 8);
        Checkpoint second = checkpoint(Stage.RLHF, "second", Map.of(Lineage.SFT, other), 7);

        // When
        List<Overview.Release> releases = overview(flow(
                        List.of(base, sft, first, other, second),
                        List.of(release(first), release(second)),
                        List.of(),
                        null))
                .releases();

        // Then
        assertThat(releases).extracting(Overview.Release::run).containsExactly("second", "first");
        assertThat(releases).extracting(Overview.Release::served).containsExactly(true, false);
        assertThat(releases.getFirst().changes())
                .containsExactly(
                        new Change("instructions", "5", "7"),
                        new Change(
                                "sft",
                                sft.reference().shortSha256(),
                                other.reference().shortSha256()));
        assertThat(releases.getFirst().before()).containsEntry("winRate", 0.5);
        assertThat(releases.getLast().changes()).isEmpty();
    }

    @Test
    void whileANewerReleaseIsOnTrialTheStableOneIsServed() {
        // Given
        Checkpoint first = checkpoint(Stage.RLHF, "first", Map.of(), 5);
        Checkpoint second = checkpoint(Stage.RLHF, "second", Map.of(), 7);
        Flow flow = flow(List.of(first, second), List.of(release(first), release(second)), List.of(), null);

        // When
        Overview overview = new Seen(
                        flow,
                        new LinkedHashMap<>(),
                        NOW,
                        stage -> "",
                        first.reference().sha256())
                .overview();

        // Then
        assertThat(overview.releases()).extracting(Overview.Release::served).containsExactly(false, true);
        assertThat(overview.path()).extracting(Overview.Model::run).containsExactly("first");
    }

    @Test
    void whatCouldNotBeProcessedIsAnAlarm() {
        // Given
        LinkedHashMap<String, Length> lengths = new LinkedHashMap<>();
        lengths.put("prompts", new Length(7, 2, new TreeMap<>(Map.of("sft-service", 3L))));

        // When
        Overview overview =
                new Seen(flow(List.of(), List.of(), List.of(), null), lengths, NOW, stage -> "", null).overview();

        // Then
        assertThat(overview.alarms())
                .containsExactly(Reason.of("overview.deadLetters")
                        .with("topic", "prompts")
                        .with("records", 2));
        assertThat(overview.topics()).singleElement().satisfies(topic -> assertThat(topic.lag())
                .containsEntry("sft-service", 3L));
    }

    private static Overview overview(Flow flow) {
        return new Seen(flow, new LinkedHashMap<>(), NOW, stage -> "page of " + stage, null).overview();
    }

    private static StageState stage(Flow flow) {
        return overview(flow).stages().stream()
                .filter(state -> state.stage() == Stage.SFT)
                .findFirst()
                .orElseThrow();
    }

    private static Flow flow(
            List<Checkpoint> checkpoints,
            List<ModelRelease> releases,
            List<StageControl> controls,
            @Nullable Timed<TrainingProgress> progress) {
        return new Flow(
                List.of(),
                timed(checkpoints),
                timed(releases),
                List.of(),
                timed(controls),
                progress == null ? Map.of() : Map.of(Stage.SFT, progress));
    }

    private static <T> List<Timed<T>> timed(List<T> events) {
        return events.stream().map(event -> new Timed<>(event, NOW)).toList();
    }

    private static Timed<TrainingProgress> progress(long step, long total, Duration ago) {
        return new Timed<>(new TrainingProgress(Stage.SFT, "r1", "train", step, total, 100, Map.of()), NOW.minus(ago));
    }

    private static Checkpoint checkpoint(Stage stage, String run, Map<String, Checkpoint> parents, long instructions) {
        Map<String, Reference> references = new TreeMap<>();
        parents.forEach((role, parent) -> references.put(role, parent.reference()));
        return new Checkpoint(
                stage,
                run,
                10,
                new Reference(URI.create("file:/" + run), Sha256.hex(run), 1),
                references,
                List.of(new DatasetSnapshot("instructions", List.of(new PartitionRange(0, 0, instructions)))),
                Map.of("loss", 1.0));
    }

    private static ModelRelease release(Checkpoint model) {
        return new ModelRelease(
                "alignstream",
                ModelRelease.Verdict.APPROVED,
                model.reference(),
                model.run(),
                Map.of("winRate", 0.5),
                "good");
    }
}
