package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
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
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What the reward service should be doing: training first, wherever there are a new SFT model or enough new rankings;
 * otherwise asking for rankings of the newest SFT model's answers.
 */
@ApplicationScoped
public class RewardStage implements StageDefinition {

    private final RewardConfig config;
    private final CheckpointStore store;
    private final RankingDesk desk;
    private final TrainingRuns runs;
    private final Map<String, String> hyperparameters;
    private final PromptBook prompts = new PromptBook();

    RewardStage(RewardConfig config, CheckpointStore store, RankingDesk desk) {
        this.config = config;
        this.store = store;
        this.desk = desk;
        this.runs = new TrainingRuns(store, Stage.REWARD);
        this.hyperparameters = config.hyperparameters();
    }

    @Override
    public Stage stage() {
        return Stage.REWARD;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.PROMPTS, prompts);
        subscriptions.follow(Topic.RANKING_REQUESTS, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(RankingRequest request, ConsumerRecord<byte[], byte[]> record) {
                desk.add(request);
            }

            @Override
            public void withdrawn(String key) {
                desk.withdrawRequest(key);
            }
        });
        subscriptions.followAfter(Topic.RANKING_REQUESTS, Topic.RANKINGS, new Subscriptions.EventHandler<>() {
            @Override
            public void handle(Ranking ranking, ConsumerRecord<byte[], byte[]> record) throws PoisonEventException {
                desk.add(ranking);
            }

            @Override
            public void withdrawn(String key) {
                desk.withdrawRanking(key);
            }
        });
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Optional<Checkpoint> sft = view.newestCheckpoint(Stage.SFT);
        if (sft.isEmpty()) {
            return new Decision.Wait("waiting for an SFT checkpoint");
        }
        Decision training = training(view, sft.get(), triggered);
        return training instanceof Decision.Wait wait ? sampling(view, sft.get(), wait.reason()) : training;
    }

    private Decision training(View view, Checkpoint sft, boolean triggered) {
        List<Checkpoint> own = view.newestByKey(Topic.CHECKPOINTS).stream()
                .filter(checkpoint -> checkpoint.stage() == Stage.REWARD && isMadeOf(checkpoint, sft))
                .toList();
        DatasetSnapshot rankings = view.snapshot(Topic.RANKINGS);
        long unseen =
                rankings.offsets() - (own.isEmpty() ? 0 : seen(own.getLast().datasets()));
        if (!own.isEmpty() && unseen < config.newRankings() && !triggered) {
            return new Decision.Wait("the reward model of SFT model " + name(sft) + " is up to date; " + unseen + " of "
                    + config.newRankings() + " new rankings for the next one");
        }
        Optional<TrainingRun> begun = begun(parents(sft), own)
                .filter(run -> rankings.offsets() - seen(run.datasets()) < config.newRankings());
        if (begun.isPresent()) {
            return run(begun.get());
        }
        if (desk.rankings() < config.minimumRankings() && !(triggered && desk.rankings() > 0)) {
            return new Decision.Wait(
                    "waiting for rankings: " + desk.rankings() + " of " + config.minimumRankings() + " are there");
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.RANKINGS));
        if (left.isPositive() && !triggered) {
            return new Decision.WaitFor("rankings are still coming in", left);
        }
        return run(runs.of(parents(sft), List.of(view.snapshot(Topic.RANKING_REQUESTS), rankings), hyperparameters));
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
        return new Decision.Run(new RewardTraining(config, config.seed(), store, run));
    }

    private Decision sampling(View view, Checkpoint sft, String trainingReason) {
        AnswerSampling sampling =
                AnswerSampling.of(config.sampling(), config.seed(), store, sft, prompts.prompts(), desk);
        if (sampling.isEmpty()) {
            return new Decision.Wait(trainingReason);
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.PROMPTS));
        return left.isPositive()
                ? new Decision.WaitFor(trainingReason + "; prompts are still coming in", left)
                : new Decision.Run(sampling);
    }

    private static Map<String, Reference> parents(Checkpoint sft) {
        Map<String, Reference> parents = new TreeMap<>();
        parents.put("sft", sft.reference());
        Reference tokenizer = sft.parents().get("tokenizer");
        if (tokenizer != null) {
            parents.put("tokenizer", tokenizer);
        }
        return parents;
    }

    private static boolean isMadeOf(Checkpoint reward, Checkpoint sft) {
        Reference parent = reward.parents().get("sft");
        return parent != null && parent.sha256().equals(sft.reference().sha256());
    }

    /** Offsets of the rankings topic that {@code datasets} cover. */
    private static long seen(List<DatasetSnapshot> datasets) {
        return datasets.stream()
                .filter(dataset -> dataset.topic().equals(Topic.RANKINGS.name()))
                .mapToLong(DatasetSnapshot::offsets)
                .sum();
    }

    private static String name(Checkpoint checkpoint) {
        return checkpoint.reference().sha256().substring(0, 12);
    }
}
