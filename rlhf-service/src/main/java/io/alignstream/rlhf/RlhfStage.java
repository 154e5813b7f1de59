package io.alignstream.rlhf;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.TrainingRun;
import io.alignstream.languagemodel.checkpoint.TrainingRuns;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the RLHF service should be doing: one run for each pair of newest SFT model and newest reward model made of it.
 *
 * <p>New prompts alone start nothing; a person may trigger a run on them.
 */
@ApplicationScoped
public class RlhfStage implements StageDefinition {

    private final RlhfConfig config;
    private final CheckpointStore store;
    private final TrainingRuns runs;
    private final Map<String, String> hyperparameters;
    private volatile RlhfFigures figures = RlhfFigures.NONE;

    RlhfStage(RlhfConfig config, CheckpointStore store) {
        this.config = config;
        this.store = store;
        this.runs = new TrainingRuns(store, Stage.RLHF);
        this.hyperparameters = config.hyperparameters();
    }

    @Override
    public Stage stage() {
        return Stage.RLHF;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.PROMPTS);
        subscriptions.follow(Topic.MODEL_RELEASES);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        List<Checkpoint> checkpoints = view.newestByKey(Topic.CHECKPOINTS);
        Optional<Checkpoint> sft = view.newestCheckpoint(Stage.SFT);
        Optional<Checkpoint> reward = checkpoints.stream()
                .filter(checkpoint ->
                        checkpoint.stage() == Stage.REWARD && sft.isPresent() && isMadeOf(checkpoint, sft.get()))
                .reduce((older, newer) -> newer);
        figures = figures(view, sft, reward);
        if (sft.isEmpty()) {
            return new Decision.Wait("waiting for an SFT checkpoint");
        }
        if (reward.isEmpty()) {
            return new Decision.Wait("waiting for a reward model made of SFT model " + name(sft.get()));
        }
        List<Checkpoint> own = checkpoints.stream()
                .filter(checkpoint -> checkpoint.stage() == Stage.RLHF
                        && isMadeOf(checkpoint, sft.get())
                        && hasParent(checkpoint, "reward", reward.get()))
                .toList();
        if (!own.isEmpty() && !triggered) {
            return new Decision.Wait("the aligned model of SFT model " + name(sft.get()) + " and reward model "
                    + name(reward.get()) + " is up to date");
        }
        Map<String, Reference> parents = parents(sft.get(), reward.get());
        Optional<TrainingRun> begun = begun(parents, own);
        return begun.isPresent() ? run(begun.get()) : begin(view, parents, triggered);
    }

    private RlhfFigures figures(View view, Optional<Checkpoint> sft, Optional<Checkpoint> reward) {
        return new RlhfFigures(
                sft.map(checkpoint -> checkpoint.reference().sha256()).orElse(null),
                reward.map(checkpoint -> checkpoint.reference().sha256()).orElse(null),
                view.count(Topic.PROMPTS),
                RlhfFigures.NONE.newest(),
                view.newestByKey(Topic.MODEL_RELEASES).stream()
                        .filter(release -> release.model().equals(config.model()))
                        .reduce((older, newer) -> newer)
                        .map(RlhfFigures.Decision::of)
                        .orElse(null));
    }

    /** What the dashboard shows; for any thread. */
    RlhfFigures figures() {
        return figures;
    }

    private Decision begin(View view, Map<String, Reference> parents, boolean triggered) {
        if (view.count(Topic.PROMPTS) == 0) {
            return new Decision.Wait("waiting for prompts");
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.PROMPTS));
        if (left.isPositive() && !triggered) {
            return new Decision.WaitFor("prompts are still coming in", left);
        }
        return run(runs.of(parents, List.of(view.snapshot(Topic.PROMPTS)), hyperparameters));
    }

    /** A run that was interrupted, or whose result nobody has published. */
    private Optional<TrainingRun> begun(Map<String, Reference> parents, List<Checkpoint> own) {
        try {
            Optional<TrainingRun> interrupted = runs.interrupted(parents, hyperparameters);
            return interrupted.isPresent()
                    ? interrupted
                    : runs.unpublished(
                            parents,
                            hyperparameters,
                            own.stream().map(Checkpoint::run).toList());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into the checkpoint store: " + e.getMessage(), e);
        }
    }

    private Decision run(TrainingRun run) {
        return new Decision.Run(new RlhfTraining(config, config.seed(), store, run));
    }

    private static boolean isMadeOf(Checkpoint checkpoint, Checkpoint sft) {
        return hasParent(checkpoint, "sft", sft);
    }

    private static boolean hasParent(Checkpoint checkpoint, String role, Checkpoint parent) {
        Reference reference = checkpoint.parents().get(role);
        return reference != null && reference.sha256().equals(parent.reference().sha256());
    }

    private static Map<String, Reference> parents(Checkpoint sft, Checkpoint reward) {
        Map<String, Reference> parents = new TreeMap<>();
        parents.put("sft", sft.reference());
        parents.put("reward", reward.reference());
        Reference tokenizer = sft.parents().get("tokenizer");
        if (tokenizer != null) {
            parents.put("tokenizer", tokenizer);
        }
        return parents;
    }

    private static String name(Checkpoint checkpoint) {
        return checkpoint.reference().sha256().substring(0, 12);
    }
}
