package io.alignstream.sft;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kept.KeptKeys;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredRun;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * When a model is fine-tuned: for every new base model, and when enough instructions are new, changed or withdrawn; once
 * no instruction has come for a moment. A run on the newest base model that was interrupted goes first.
 */
@ApplicationScoped
public class SftStage implements StageDefinition {

    private final SftConfig config;
    private final SftSettings settings;
    private final CheckpointStore store;
    private final TrainingRuns runs;
    private final Question<List<StoredRun>> storedRuns;
    private final KeptKeys instructions;
    private volatile SftFigures figures = SftFigures.NONE;

    SftStage(SftConfig config, CheckpointStore store, KeptState state) {
        this.config = config;
        this.settings = config.settings();
        this.store = store;
        this.runs = new TrainingRuns(store, Stage.SFT);
        this.storedRuns = Question.ofRuns(runs::stored, settings.shards());
        this.instructions = new KeptKeys(state, "instructions");
    }

    @Override
    public Stage stage() {
        return Stage.SFT;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.INSTRUCTIONS, new Subscriptions.KeptHandler<Instruction>() {
            @Override
            public void handle(Instruction instruction, Origin origin) {
                instructions.add(instruction.id());
            }

            @Override
            public void withdrawn(String key) {
                instructions.remove(key);
            }

            @Override
            public int version() {
                return 1;
            }
        });
        subscriptions.follow(Topic.PROMPTS);
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.INCIDENTS);
        subscriptions.ask(storedRuns);
    }

    @Override
    public void show(View view) {
        Optional<Checkpoint> base = view.newestCheckpoint(Stage.PRETRAIN);
        List<Checkpoint> models = base.map(parent -> models(view, parent)).orElse(List.of());
        figures = SftFigures.of(
                instructions.size(),
                changed(view.snapshot(Topic.INSTRUCTIONS), models),
                config.newInstructions(),
                base,
                models);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Optional<Checkpoint> newest = view.newestCheckpoint(Stage.PRETRAIN);
        if (newest.isEmpty()) {
            return new Decision.Wait(view.checkpoints(Stage.PRETRAIN).stream()
                    .filter(Checkpoint::masked)
                    .reduce((older, newer) -> newer)
                    .map(masked -> Reason.of("sft.onlyMasked")
                            .with("uri", masked.reference().uri().toString()))
                    .orElseGet(() -> Reason.of("sft.noBase")));
        }
        Checkpoint base = newest.get();
        List<Checkpoint> models = models(view, base);
        List<String> published = models.stream().map(Checkpoint::run).toList();
        Optional<TrainingRun> open = runs.open(
                lineage(base), settings.hyperparameters(), view.answer(storedRuns), published, view.abandoned());
        return open.isPresent() ? start(open.get()) : compare(view, base, models, triggered);
    }

    private static List<Checkpoint> models(View view, Checkpoint base) {
        return lineage(base).of(view.checkpoints(Stage.SFT));
    }

    private static Lineage lineage(Checkpoint base) {
        return Lineage.of(Lineage.BASE, base);
    }

    private Decision compare(View view, Checkpoint base, List<Checkpoint> models, boolean triggered) {
        DatasetSnapshot dataset = view.snapshot(Topic.INSTRUCTIONS);
        if (instructions.size() < (triggered ? 1 : config.minimumInstructions())) {
            return new Decision.Wait(Reason.of("sft.tooFewInstructions")
                    .with("needed", config.minimumInstructions())
                    .with("there", instructions.size()));
        }
        boolean due = models.isEmpty() || triggered || changed(dataset, models) >= config.newInstructions();
        Duration left = config.debounce().minus(view.quietFor(Topic.INSTRUCTIONS));
        if (due && !triggered && left.isPositive()) {
            return new Decision.WaitFor(Reason.of("sft.instructionsComing"), left);
        }
        TrainingRun run =
                runs.of(lineage(base), List.of(dataset, view.snapshot(Topic.PROMPTS)), settings.hyperparameters());
        if (due && models.stream().noneMatch(model -> model.run().equals(run.id()))) {
            return start(run);
        }
        return new Decision.Wait(Reason.of("sft.upToDate")
                .with("there", changed(dataset, models))
                .with("needed", config.newInstructions()));
    }

    private Decision start(TrainingRun run) {
        return new Decision.Run(new SftJob(run, settings, store));
    }

    /** Records that the newest model has not seen; all of them if there is no model. */
    private static long changed(DatasetSnapshot dataset, List<Checkpoint> models) {
        long seen = models.isEmpty()
                ? 0
                : models.getLast().datasets().stream()
                        .filter(learned -> learned.topic().equals(dataset.topic()))
                        .mapToLong(DatasetSnapshot::offsets)
                        .sum();
        return Math.max(0, dataset.offsets() - seen);
    }

    /** What the dashboard shows; for any thread. */
    SftFigures figures() {
        return figures;
    }
}
