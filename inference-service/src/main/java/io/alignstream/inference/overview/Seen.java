package io.alignstream.inference.overview;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.overview.Overview.Change;
import io.alignstream.inference.overview.Overview.Model;
import io.alignstream.inference.overview.Overview.Release;
import io.alignstream.inference.overview.Overview.StageState;
import io.alignstream.inference.overview.Overview.State;
import io.alignstream.inference.overview.Overview.TopicState;
import io.alignstream.stageruntime.flow.FlowReader.Flow;
import io.alignstream.stageruntime.flow.FlowReader.Length;
import io.alignstream.stageruntime.flow.FlowReader.Timed;
import io.alignstream.training.Lineage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one makes of what the topics tell at a moment; immutable. Stages tell where a run stands and what holds them back, and
 * results say what is done: the rest follows.
 *
 * @param pages address of a stage's own page
 * @param stable sha256 of the model that answers who names no version; null while none is loaded
 */
record Seen(
        Flow flow,
        SequencedMap<String, Length> lengths,
        Instant now,
        UnaryOperator<String> pages,
        @Nullable String stable) {

    /** A run tells of each of its steps; one that is unfinished and tells nothing for longer is not at work. */
    private static final Duration SILENCE = Duration.ofMinutes(2);

    /**
     * Jobs whose last step may be the end of the run although no model comes of it: loading a release, sampling answers that
     * people rank, and cleaning where only duplicates had come.
     */
    private static final Set<String> WITHOUT_MODEL = Set.of("load", "sample", "clean");

    private static final int RELEASES = 5;

    Overview overview() {
        List<StageState> stages = Arrays.stream(Stage.values()).map(this::stage).toList();
        return new Overview(now, topics(), stages, alarms(stages), path(), releases());
    }

    private List<TopicState> topics() {
        return lengths.entrySet().stream()
                .map(topic -> new TopicState(
                        topic.getKey(),
                        topic.getValue().records(),
                        topic.getValue().deadLetters(),
                        topic.getValue().lag()))
                .toList();
    }

    private StageState stage(Stage stage) {
        Timed<TrainingProgress> told = flow.progress().get(stage);
        Optional<StageControl> control = flow.controls().stream()
                .map(Timed::event)
                .filter(event -> event.stage().equals(stage.id()))
                .findFirst();
        Judged judged = judged(stage, told, control);
        String page = pages.apply(stage.id());
        if (told == null) {
            return new StageState(stage, page, judged.state, judged.reason, null, null, 0, 0, null, null);
        }
        TrainingProgress moment = told.event();
        return new StageState(
                stage,
                page,
                judged.state,
                judged.reason,
                moment.run(),
                moment.job(),
                moment.step(),
                moment.totalSteps(),
                judged.state == State.RUNNING && moment.etaSeconds() > 0 ? left(told) : null,
                told.at());
    }

    private double left(Timed<TrainingProgress> told) {
        double since = Duration.between(told.at(), now).toMillis() / 1000.0;
        return Math.max(0, told.event().etaSeconds() - since);
    }

    private record Judged(State state, @Nullable Reason reason) {}

    private Judged judged(Stage stage, @Nullable Timed<TrainingProgress> told, Optional<StageControl> control) {
        Optional<Reason> paused = control.filter(StageControl::paused)
                .map(Seen::paused)
                .or(() -> stage == Stage.RLHF ? held(told).map(GuardDecision::finding) : Optional.empty());
        if (paused.isPresent()) {
            return new Judged(State.PAUSED, paused.get());
        }
        Optional<StageControl.Run> tried = tried(stage, told);
        if (tried.filter(StageControl.Run::cancelled).isPresent()) {
            return new Judged(State.CANCELLED, null);
        }
        Optional<Instant> unfinished =
                Optional.ofNullable(told).filter(run -> !isOver(stage, run)).map(Timed::at);
        if (unfinished.filter(heard -> heard.plus(SILENCE).isAfter(now)).isPresent()) {
            return new Judged(State.RUNNING, null);
        }
        Reason failure = tried.map(StageControl.Run::failure).orElse(null);
        if (failure != null) {
            return new Judged(State.FAILED, failure);
        }
        return new Judged(unfinished.isPresent() ? State.SILENT : State.WAITING, null);
    }

    private static Reason paused(StageControl control) {
        StageControl.Asked asked = control.asked();
        return asked == null || asked.by() == null
                ? Reason.of("stage.paused")
                : Reason.of("stage.pausedBy")
                        .with("name", asked.by())
                        .with("reason", Objects.requireNonNullElse(asked.reason(), "–"));
    }

    /**
     * The run that was tried last: it stands last, and one that has a result is forgotten there. A run that failed before the
     * one that is told of says nothing of how the stage is.
     */
    private Optional<StageControl.Run> tried(Stage stage, @Nullable Timed<TrainingProgress> told) {
        return flow.controls().stream()
                .filter(control -> control.event().stage().equals(stage.id()))
                .filter(control -> !control.event().runs().isEmpty())
                .findFirst()
                .filter(control -> told == null
                        || control.event()
                                .runs()
                                .getLast()
                                .run()
                                .equals(told.event().run())
                        || !(isOver(stage, told) || told.at().isAfter(control.at())))
                .map(control -> control.event().runs().getLast());
    }

    /** The run of RLHF that is told of, or the newest, if its guard holds it. */
    private Optional<GuardDecision> held(@Nullable Timed<TrainingProgress> told) {
        return flow.guarded().reversed().stream()
                .map(Timed::event)
                .filter(decision ->
                        told == null || decision.run().equals(told.event().run()))
                .findFirst()
                .filter(decision -> decision.verdict() == GuardDecision.Verdict.PAUSED);
    }

    /**
     * The result is there: a run has several phases with a last step each, and may end before the steps that it could have
     * taken. Only what gives no model is over with its last step.
     */
    private boolean isOver(Stage stage, Timed<TrainingProgress> told) {
        TrainingProgress moment = told.event();
        if (WITHOUT_MODEL.contains(moment.job())) {
            return moment.step() >= moment.totalSteps();
        }
        if (stage == Stage.TOKENIZER) {
            return flow.tokenizers().stream()
                    .anyMatch(tokenizer -> !tokenizer.at().isBefore(told.at()));
        }
        return flow.checkpoints().stream()
                .map(Timed::event)
                .anyMatch(checkpoint ->
                        checkpoint.stage() == stage && checkpoint.run().equals(moment.run()));
    }

    private List<Reason> alarms(List<StageState> stages) {
        List<Reason> alarms = new ArrayList<>();
        for (StageState stage : stages) {
            String service = stage.stage().service();
            switch (stage.state()) {
                case FAILED ->
                    alarms.add(Reason.of("overview.failed")
                            .with("service", service)
                            .with("why", Objects.requireNonNull(stage.reason())));
                case SILENT ->
                    alarms.add(Reason.of("overview.silent")
                            .with("service", service)
                            .with("run", Objects.requireNonNullElse(stage.run(), "–"))
                            .with(
                                    "minutes",
                                    Duration.between(Objects.requireNonNull(stage.heard()), now)
                                            .toMinutes()));
                case PAUSED ->
                    alarms.add(Reason.of("overview.paused")
                            .with("service", service)
                            .with("why", Objects.requireNonNull(stage.reason())));
                case CANCELLED -> alarms.add(Reason.of("overview.cancelled").with("service", service));
                case RUNNING, WAITING -> {}
            }
        }
        lengths.forEach((topic, length) -> {
            if (length.deadLetters() > 0) {
                alarms.add(
                        Reason.of("overview.deadLetters").with("topic", topic).with("records", length.deadLetters()));
            }
        });
        return alarms;
    }

    /** From the served release back to the tokenizer, or from the model that came furthest; the tokenizer first. */
    private List<Model> path() {
        List<Model> path = new ArrayList<>();
        Optional<Timed<Checkpoint>> aligned = served().flatMap(
                        release -> checkpoint(release.event().reference()))
                .or(() -> newest(Stage.RLHF));
        aligned.ifPresent(model -> path.addFirst(model(model)));
        Optional<Timed<Checkpoint>> reward = made(aligned, Lineage.REWARD, Stage.REWARD);
        reward.ifPresent(model -> path.addFirst(model(model)));
        Optional<Timed<Checkpoint>> sft = made(aligned, Lineage.SFT, Stage.SFT);
        sft.ifPresent(model -> path.addFirst(model(model)));
        Optional<Timed<Checkpoint>> base = made(sft, Lineage.BASE, Stage.PRETRAIN);
        base.ifPresent(model -> path.addFirst(model(model)));
        tokenizer(base).ifPresent(path::addFirst);
        return path;
    }

    /** The parent in a role; without a child the newest model of the role's stage. */
    private Optional<Timed<Checkpoint>> made(Optional<Timed<Checkpoint>> child, String role, Stage stage) {
        return child.isEmpty()
                ? newest(stage)
                : Optional.ofNullable(child.get().event().parents().get(role)).flatMap(this::checkpoint);
    }

    private Optional<Timed<Checkpoint>> newest(Stage stage) {
        return flow.checkpoints().reversed().stream()
                .filter(model -> model.event().stage() == stage && model.event().promoted())
                .findFirst();
    }

    private Optional<Timed<Checkpoint>> checkpoint(Reference reference) {
        return flow.checkpoints().stream()
                .filter(model -> model.event().reference().sha256().equals(reference.sha256()))
                .findFirst();
    }

    private Model model(Timed<Checkpoint> model) {
        Checkpoint event = model.event();
        return new Model(
                event.stage(),
                event.run(),
                event.step(),
                event.reference().sha256(),
                model.at(),
                newest(event.stage()).filter(model::equals).isPresent(),
                new TreeMap<>(event.metrics()));
    }

    private Optional<Model> tokenizer(Optional<Timed<Checkpoint>> base) {
        if (flow.tokenizers().isEmpty()) {
            return Optional.empty();
        }
        Timed<TrainedTokenizer> last = flow.tokenizers().getLast();
        Optional<Reference> parent = base.map(model -> model.event().parents().get(Lineage.TOKENIZER));
        return flow.tokenizers().stream()
                .filter(tokenizer -> parent.map(reference -> reference
                                .sha256()
                                .equals(tokenizer.event().reference().sha256()))
                        .orElse(tokenizer == last))
                .findFirst()
                .map(tokenizer -> new Model(
                        Stage.TOKENIZER,
                        tokenizer.event().name(),
                        0,
                        tokenizer.event().sha256(),
                        tokenizer.at(),
                        tokenizer == last,
                        new TreeMap<>(Map.of(
                                "vocabularySize", (double) tokenizer.event().vocabularySize()))));
    }

    /** Of the approved ones that whose model answers, which is not the newest while that is on trial or loads. */
    private Optional<Timed<ModelRelease>> served() {
        return flow.releases().reversed().stream()
                .filter(release -> release.event().verdict() == ModelRelease.Verdict.APPROVED)
                .filter(release ->
                        stable == null || release.event().reference().sha256().equals(stable))
                .findFirst();
    }

    private List<Release> releases() {
        List<Timed<ModelRelease>> all = flow.releases();
        List<Release> shown = new ArrayList<>();
        for (int i = all.size() - 1; i >= 0 && shown.size() < RELEASES; i--) {
            Timed<ModelRelease> release = all.get(i);
            Optional<ModelRelease> before = all.subList(0, i).reversed().stream()
                    .map(Timed::event)
                    .filter(other -> other.model().equals(release.event().model())
                            && other.verdict() == ModelRelease.Verdict.APPROVED)
                    .findFirst();
            shown.add(release(release, before));
        }
        return shown;
    }

    private Release release(Timed<ModelRelease> told, Optional<ModelRelease> before) {
        ModelRelease release = told.event();
        return new Release(
                release.model(),
                release.run(),
                release.reference().sha256(),
                release.verdict(),
                release.why(),
                release.decidedBy(),
                told.at(),
                served().filter(told::equals).isPresent(),
                changes(release, before),
                new TreeMap<>(release.figures()),
                before.map(ModelRelease::figures).orElse(Map.of()));
    }

    private List<Change> changes(ModelRelease release, Optional<ModelRelease> before) {
        if (before.isEmpty()) {
            return List.of();
        }
        Map<String, String> then = madeOf(before.get().reference());
        List<Change> changes = new ArrayList<>();
        madeOf(release.reference()).forEach((what, now) -> {
            if (!now.equals(then.get(what))) {
                changes.add(new Change(what, then.get(what), now));
            }
        });
        return changes;
    }

    /** The models on the way by their roles, and how many records of each topic they were made from. */
    private Map<String, String> madeOf(Reference reference) {
        Map<String, String> madeOf = new TreeMap<>();
        checkpoint(reference).ifPresent(model -> addMadeOf(model.event(), madeOf));
        return madeOf;
    }

    private void addMadeOf(Checkpoint model, Map<String, String> madeOf) {
        for (DatasetSnapshot dataset : model.datasets()) {
            madeOf.putIfAbsent(dataset.topic(), Long.toString(dataset.offsets()));
        }
        model.parents().forEach((role, parent) -> {
            if (!role.equals(Lineage.PREVIOUS) && madeOf.putIfAbsent(role, parent.shortSha256()) == null) {
                checkpoint(parent).ifPresent(found -> addMadeOf(found.event(), madeOf));
            }
        });
    }
}
