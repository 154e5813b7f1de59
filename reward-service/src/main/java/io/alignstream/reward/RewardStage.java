package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.reward.desk.Guidelines;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredRun;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What the reward service should be doing: training first, wherever there are a new SFT model or enough new rankings;
 * otherwise asking for rankings of the newest SFT model's answers.
 */
@ApplicationScoped
public class RewardStage implements StageDefinition {

    private static final Duration SOON = Duration.ofMillis(1);

    private final RewardConfig config;
    private final RewardSettings settings;
    private final CheckpointStore store;
    private final RankingDesk desk;
    private final Guidelines guidelines;
    private final Promotions promotions;
    private final TrainingRuns runs;
    private final Question<List<StoredRun>> storedRuns;
    private final PromptBook prompts;
    private final AskedQuestions asked;
    /** Whether it is known of all prompts which of them were sent out for the newest SFT model. */
    private boolean prepared;
    /** What is left to ask, and when that was found out. */
    private @Nullable AnswerSampling sampling;

    private @Nullable Asking sampledFor;

    RewardStage(
            RewardConfig config,
            CheckpointStore store,
            RankingDesk desk,
            Guidelines guidelines,
            Promotions promotions,
            KeptState state) {
        this.config = config;
        this.settings = config.settings();
        this.store = store;
        this.desk = desk;
        this.guidelines = guidelines;
        this.promotions = promotions;
        this.runs = new TrainingRuns(store, Stage.REWARD);
        this.storedRuns = Question.ofRuns(runs::stored, settings.shards());
        this.prompts = new PromptBook(state, desk);
        this.asked = new AskedQuestions(state);
    }

    @Override
    public Stage stage() {
        return Stage.REWARD;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.INCIDENTS);
        subscriptions.ask(storedRuns);
        subscriptions.follow(Topic.PROMPTS, prompts);
        subscriptions.follow(Topic.RANKING_REQUESTS, new Subscriptions.KeptHandler<>() {
            @Override
            public int version() {
                return desk.version();
            }

            @Override
            public void restore() {
                desk.restore();
            }

            @Override
            public void save() {
                desk.save();
            }

            @Override
            public void handle(RankingRequest request, Origin origin) {
                desk.add(request);
                asked.add(request);
                prompts.requestChanged(request.requestId());
            }

            @Override
            public void withdrawn(String key) {
                desk.withdrawRequest(key);
                prompts.requestChanged(key);
            }
        });
        subscriptions.followAfter(Topic.RANKING_REQUESTS, Topic.RANKINGS, new Subscriptions.KeptHandler<>() {
            @Override
            public int version() {
                return desk.version();
            }

            @Override
            public void handle(Ranking ranking, Origin origin) throws PoisonEventException {
                desk.add(ranking, origin);
            }

            @Override
            public void withdrawn(String key) {
                desk.withdrawRanking(key);
            }
        });
        subscriptions.follow(Topic.GUIDELINES, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(Guideline guideline, Origin origin) {
                guidelines.add(guideline);
            }

            @Override
            public void withdrawn(String key) {
                guidelines.withdraw(key);
            }
        });
    }

    /** What people rank at. */
    @Produces
    @Singleton
    static RankingDesk desk(RewardConfig config, KeptState state) {
        return new RankingDesk(
                config.desk().overlap(),
                config.desk().lease(),
                config.desk().goldShare(),
                InstantSource.system(),
                state);
    }

    /** What they follow. */
    @Produces
    @Singleton
    static Guidelines guidelines() {
        return new Guidelines();
    }

    @Override
    public void show(View view) {
        List<Checkpoint> own = view.newestCheckpoint(Stage.SFT)
                .map(sft -> Lineage.of(Lineage.SFT, sft).of(view.checkpoints(Stage.REWARD)))
                .orElse(List.of());
        if (own.isEmpty()) {
            desk.await(new RankingDesk.Training(List.of(), config.minimumRankings(), OptionalDouble.empty()));
        } else {
            Checkpoint newest = newestTrained(own);
            Double accuracy = newest.metrics().get("pairAccuracy");
            desk.await(new RankingDesk.Training(
                    newest.datasets(),
                    config.newRankings(),
                    accuracy == null ? OptionalDouble.empty() : OptionalDouble.of(accuracy)));
        }
        promotions.know(view.checkpoints(Stage.REWARD));
        prepared = view.newestCheckpoint(Stage.SFT)
                .map(sft -> prompts.prepare(sft.reference()))
                .orElse(false);
    }

    /** The one that has learned from the most rankings: what a person promotes is published again, and may be old. */
    private Checkpoint newestTrained(List<Checkpoint> own) {
        return own.reversed().stream()
                .min(Comparator.comparingInt(checkpoint -> desk.rankingsBesides(checkpoint.datasets())))
                .orElseThrow();
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Optional<Checkpoint> sft = view.newestCheckpoint(Stage.SFT);
        if (sft.isEmpty()) {
            return new Decision.Wait(Reason.of("reward.noSft"));
        }
        Decision training = training(view, sft.get(), triggered);
        return training instanceof Decision.Wait wait ? sampling(view, sft.get(), wait.reason()) : training;
    }

    private Decision training(View view, Checkpoint sft, boolean triggered) {
        Lineage lineage = Lineage.of(Lineage.SFT, sft);
        List<Checkpoint> own = lineage.of(view.checkpoints(Stage.REWARD));
        DatasetSnapshot rankings = view.snapshot(Topic.RANKINGS);
        int unseen = desk.rankingsBesides(
                own.isEmpty() ? List.of() : newestTrained(own).datasets());
        if (!own.isEmpty() && unseen < config.newRankings() && !triggered) {
            Reason upToDate = Reason.of("reward.upToDate")
                    .with("sft", sft.reference().shortSha256())
                    .with("there", unseen)
                    .with("needed", config.newRankings());
            Checkpoint.Promotion promotion = own.getLast().promotion();
            return new Decision.Wait(
                    promotion == null || promotion.granted() ? upToDate : upToDate.and(promotion.reason()));
        }
        List<String> published = own.stream().map(Checkpoint::run).toList();
        Optional<TrainingRun> open = runs.open(
                        lineage, settings.hyperparameters(), view.answer(storedRuns), published, view.abandoned())
                // one that others may be working on gives way to nothing: whoever comes joins it
                .filter(run -> settings.shards() > 1 || desk.rankingsBesides(run.datasets()) < config.newRankings());
        if (open.isPresent()) {
            return run(view, open.get());
        }
        if (desk.rankings() < config.minimumRankings() && !(triggered && desk.rankings() > 0)) {
            return new Decision.Wait(Reason.of("reward.tooFewRankings")
                    .with("there", desk.rankings())
                    .with("needed", config.minimumRankings()));
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.RANKINGS));
        if (left.isPositive() && !triggered) {
            return new Decision.WaitFor(Reason.of("reward.rankingsComing"), left);
        }
        return run(
                view,
                runs.of(
                        lineage,
                        List.of(view.snapshot(Topic.RANKING_REQUESTS), rankings, view.snapshot(Topic.PROMPTS)),
                        settings.hyperparameters()));
    }

    private Decision run(View view, TrainingRun run) {
        Optional<Reference> inUse = view.newestCheckpoint(Stage.REWARD).map(Checkpoint::reference);
        return new Decision.Run(new RewardJob(run, settings, store, inUse));
    }

    private Decision sampling(View view, Checkpoint sft, Reason trainingReason) {
        Optional<Checkpoint> reward = view.newestCheckpoint(Stage.REWARD);
        Asking asking =
                new Asking(sft.reference(), reward.map(Checkpoint::reference), prompts.changes(), desk.changes());
        AnswerSampling sampling = this.sampling;
        if (sampling == null || !asking.equals(sampledFor)) {
            Duration left = config.debounce().minus(view.quietFor(Topic.PROMPTS));
            if (left.isPositive()) {
                return new Decision.WaitFor(trainingReason.and(Reason.of("reward.promptsComing")), left);
            }
            if (!prepared) {
                return new Decision.WaitFor(trainingReason.and(Reason.of("reward.lookingAtPrompts")), SOON);
            }
            sampling = AnswerSampling.of(config.sampling(), config.seed(), store, sft, reward, prompts, asked, desk);
            this.sampling = sampling;
            sampledFor = asking;
        }
        return sampling.isEmpty() ? new Decision.Wait(trainingReason) : new Decision.Run(sampling);
    }

    /**
     * What decides what is left to ask. Most comparisons follow a ranking, which changes nothing about it: they need not
     * look at all prompts.
     *
     * @param prompts how often one has changed
     * @param requests how often the fate of one has changed
     */
    private record Asking(Reference sft, Optional<Reference> reward, long prompts, long requests) {}
}
