package io.alignstream.sft;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * When a model is fine-tuned: for every new base model, and when enough instructions are new, changed or withdrawn; once
 * no instruction has come for a moment. A run on the newest base model that was interrupted goes first.
 */
@ApplicationScoped
public class SftStage implements StageDefinition {

    private static final String BASE = "base";
    private static final String TOKENIZER = "tokenizer";

    private final SftConfig config;
    private final SftSettings settings;
    private final CheckpointStore store;
    private final TrainingRuns runs;
    private final Set<String> instructions = new HashSet<>();
    private volatile SftFigures figures = SftFigures.NONE;

    SftStage(SftConfig config, CheckpointStore store) {
        this.config = config;
        this.settings = config.settings();
        this.store = store;
        this.runs = new TrainingRuns(store, Stage.SFT);
    }

    @Override
    public Stage stage() {
        return Stage.SFT;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.INSTRUCTIONS, new Subscriptions.EventHandler<Instruction>() {
            @Override
            public void handle(Instruction instruction, ConsumerRecord<byte[], byte[]> record) {
                instructions.add(instruction.id());
            }

            @Override
            public void withdrawn(String key) {
                instructions.remove(key);
            }
        });
        subscriptions.follow(Topic.CHECKPOINTS);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Optional<Checkpoint> base = view.newestCheckpoint(Stage.PRETRAIN);
        DatasetSnapshot dataset = view.snapshot(Topic.INSTRUCTIONS);
        List<Checkpoint> models = base.isEmpty()
                ? List.of()
                : view.newestByKey(Topic.CHECKPOINTS).stream()
                        .filter(checkpoint -> isModelOf(base.get(), checkpoint))
                        .toList();
        figures = SftFigures.of(instructions.size(), changed(dataset, models), config.newInstructions(), base, models);
        if (base.isEmpty()) {
            return new Decision.Wait(Reason.of("sft.noBase"));
        }
        try {
            Optional<TrainingRun> open = openRun(base.get(), models);
            if (open.isPresent()) {
                return start(open.get(), base.get());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into the checkpoint store: " + e.getMessage(), e);
        }
        return compare(base.get(), dataset, models, triggered, view.quietFor(Topic.INSTRUCTIONS));
    }

    /** A run that a killed process has left behind: in the middle, or finished but not published. */
    private Optional<TrainingRun> openRun(Checkpoint base, List<Checkpoint> models) throws IOException {
        Optional<TrainingRun> interrupted = runs.interrupted(parents(base), settings.hyperparameters());
        return interrupted.isPresent()
                ? interrupted
                : runs.unpublished(
                        parents(base),
                        settings.hyperparameters(),
                        models.stream().map(Checkpoint::run).toList());
    }

    private Decision compare(
            Checkpoint base, DatasetSnapshot dataset, List<Checkpoint> models, boolean triggered, Duration quiet) {
        if (instructions.size() < (triggered ? 1 : config.minimumInstructions())) {
            return new Decision.Wait(Reason.of("sft.tooFewInstructions")
                    .with("needed", config.minimumInstructions())
                    .with("there", instructions.size()));
        }
        boolean due = models.isEmpty() || triggered || changed(dataset, models) >= config.newInstructions();
        Duration left = config.debounce().minus(quiet);
        if (due && !triggered && left.isPositive()) {
            return new Decision.WaitFor(Reason.of("sft.instructionsComing"), left);
        }
        TrainingRun run = runs.of(parents(base), List.of(dataset), settings.hyperparameters());
        if (due && models.stream().noneMatch(model -> model.run().equals(run.id()))) {
            return start(run, base);
        }
        return new Decision.Wait(Reason.of("sft.upToDate")
                .with("there", changed(dataset, models))
                .with("needed", config.newInstructions()));
    }

    private Decision start(TrainingRun run, Checkpoint base) {
        return new Decision.Run(new SftJob(run, base.reference(), settings, store));
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

    private static Map<String, Reference> parents(Checkpoint base) {
        Map<String, Reference> parents = new HashMap<>(Map.of(BASE, base.reference()));
        Reference tokenizer = base.parents().get(TOKENIZER);
        if (tokenizer != null) {
            parents.put(TOKENIZER, tokenizer);
        }
        return parents;
    }

    private static boolean isModelOf(Checkpoint base, Checkpoint checkpoint) {
        Reference parent = checkpoint.parents().get(BASE);
        return checkpoint.stage() == Stage.SFT
                && parent != null
                && parent.sha256().equals(base.reference().sha256());
    }

    /** What the dashboard shows; for any thread. */
    SftFigures figures() {
        return figures;
    }
}
