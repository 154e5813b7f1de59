package io.alignstream.rlhf;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.rlhf.guard.FreshRankings;
import io.alignstream.rlhf.guard.Guard;
import io.alignstream.rlhf.release.Releases;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredRun;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the RLHF service should be doing: one run for each pair of newest SFT model and newest reward model made of it.
 *
 * <p>New prompts alone start nothing; a person may trigger a run on them.
 */
@ApplicationScoped
public class RlhfStage implements StageDefinition {

    private final RlhfConfig config;
    private final RlhfSettings settings;
    private final CheckpointStore store;
    private final Releases releases;
    private final Guard guard;
    private final FreshRankings rankings;
    private final TrainingRuns runs;
    private final Question<List<StoredRun>> storedRuns;
    private volatile RlhfFigures figures = RlhfFigures.NONE;

    RlhfStage(RlhfConfig config, CheckpointStore store, Releases releases, Guard guard, FreshRankings rankings) {
        this.config = config;
        this.settings = config.settings();
        this.store = store;
        this.releases = releases;
        this.guard = guard;
        this.rankings = rankings;
        this.runs = new TrainingRuns(store, Stage.RLHF);
        this.storedRuns = Question.ofRuns(runs::stored, settings.batches().shards());
    }

    @Override
    public Stage stage() {
        return Stage.RLHF;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.INCIDENTS);
        subscriptions.follow(Topic.PROMPTS);
        subscriptions.follow(Topic.MODEL_RELEASES, releases);
        guard.subscribe(subscriptions);
        rankings.subscribe(subscriptions);
        subscriptions.ask(storedRuns);
    }

    @Override
    public void show(View view) {
        Optional<Checkpoint> sft = view.newestCheckpoint(Stage.SFT);
        Optional<Checkpoint> reward = sft.flatMap(model -> reward(view, model));
        figures = new RlhfFigures(
                sft.map(checkpoint -> checkpoint.reference().sha256()).orElse(null),
                reward.map(checkpoint -> checkpoint.reference().sha256()).orElse(null),
                view.count(Topic.PROMPTS),
                RlhfFigures.NONE.newest());
    }

    /** The reward model in use, of those that were made of {@code sft}: the newest one that is promoted. */
    private static Optional<Checkpoint> reward(View view, Checkpoint sft) {
        return rewards(view, sft).stream().filter(Checkpoint::promoted).reduce((older, newer) -> newer);
    }

    private static List<Checkpoint> rewards(View view, Checkpoint sft) {
        return Lineage.of(Lineage.SFT, sft.reference()).of(view.checkpoints(Stage.REWARD));
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Optional<Checkpoint> sft = view.newestCheckpoint(Stage.SFT);
        if (sft.isEmpty()) {
            return new Decision.Wait(Reason.of("rlhf.noSft"));
        }
        Optional<Checkpoint> reward = reward(view, sft.get());
        if (reward.isEmpty()) {
            List<Checkpoint> refused = rewards(view, sft.get());
            Reason none =
                    Reason.of("rlhf.noReward").with("sft", sft.get().reference().shortSha256());
            return new Decision.Wait(
                    refused.isEmpty()
                            ? none
                            : none.and(Reason.of("rlhf.rewardNotPromoted")
                                    .with("run", refused.getLast().run())));
        }
        Lineage lineage = Lineage.of(Lineage.SFT, sft.get())
                .and(Lineage.REWARD, reward.get().reference());
        List<Checkpoint> own = lineage.of(view.checkpoints(Stage.RLHF));
        if (!own.isEmpty() && !triggered) {
            return new Decision.Wait(Reason.of("rlhf.upToDate")
                    .with("sft", sft.get().reference().shortSha256())
                    .with("reward", reward.get().reference().shortSha256()));
        }
        List<String> published = own.stream().map(Checkpoint::run).toList();
        Optional<TrainingRun> open =
                runs.open(lineage, settings.hyperparameters(), view.answer(storedRuns), published, view.abandoned());
        return open.isPresent() ? run(open.get()) : begin(view, lineage, published, triggered);
    }

    /** What the dashboard shows; for any thread. */
    RlhfFigures figures() {
        return figures;
    }

    private Decision begin(View view, Lineage lineage, List<String> published, boolean triggered) {
        if (view.count(Topic.PROMPTS) == 0) {
            return new Decision.Wait(Reason.of("rlhf.noPrompts"));
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.PROMPTS));
        if (left.isPositive() && !triggered) {
            return new Decision.WaitFor(Reason.of("rlhf.promptsComing"), left);
        }
        TrainingRun run = runs.of(lineage, List.of(view.snapshot(Topic.PROMPTS)), settings.hyperparameters());
        // The same inputs give the same weights, and the verdict on them stands.
        return published.contains(run.id())
                ? new Decision.Wait(Reason.of("rlhf.sameInputs").with("run", run.id()))
                : run(run);
    }

    private Decision run(TrainingRun run) {
        Optional<GuardDecision> decision = guard.decision(run.id());
        if (decision.isPresent() && decision.get().verdict() == GuardDecision.Verdict.PAUSED) {
            return new Decision.Pause(Guard.waiting(decision.get()));
        }
        return new Decision.Run(new RlhfJob(run, settings, config.model(), store, releases, guard, rankings));
    }
}
