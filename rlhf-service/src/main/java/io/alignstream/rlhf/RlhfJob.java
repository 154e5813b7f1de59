package io.alignstream.rlhf;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.guard.FreshRankings;
import io.alignstream.rlhf.guard.Guard;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.release.Releases;
import io.alignstream.rlhf.training.RlhfInputs;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.TrainingJob;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.dataset.SetAside;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * One run of RLHF: an SFT model, a reward model made of it and the prompts; its result passes the gate.
 *
 * <p>The release goes out first: a run counts as done when its checkpoint is published, so a crash in between publishes the
 * checkpoint and leaves the release as it is. The gate decides about a candidate once; what comes after is for people.
 */
final class RlhfJob extends TrainingJob {

    private static final Logger LOG = Logger.getLogger(RlhfJob.class);

    private final RlhfSettings settings;
    private final String model;
    private final CheckpointStore store;
    private final Releases releases;
    private final Guard guard;
    private final FreshRankings rankings;
    /** Whether a person has ended the run. */
    private final boolean ended;

    private Supplier<Map<String, Double>> fresh = Map::of;
    /** How right both models were at the last comparison about what people have ranked since. */
    private Map<String, Double> newestFresh = Map.of();

    /**
     * The job of {@code run}.
     *
     * @param model name under which its result is released
     * @param releases what is decided already
     * @param guard watches the run, unless a person has ended it
     * @param rankings by which the reward model is measured while it is used
     */
    RlhfJob(
            TrainingRun run,
            RlhfSettings settings,
            String model,
            CheckpointStore store,
            Releases releases,
            Guard guard,
            FreshRankings rankings) {
        super(run, settings.training());
        this.settings = settings;
        this.model = model;
        this.store = store;
        this.releases = releases;
        this.guard = guard;
        this.rankings = rankings;
        this.ended = guard.decision(run.id())
                .filter(decision -> decision.verdict() == GuardDecision.Verdict.ENDED)
                .isPresent();
    }

    @Override
    public Reason title() {
        return Reason.of("rlhf.train")
                .with("sft", parent(Lineage.SFT).shortSha256())
                .with("reward", parent(Lineage.REWARD).shortSha256());
    }

    private Reference parent(String role) {
        return training().lineage().parent(role);
    }

    @Override
    protected Planned plan(JobContext context) throws IOException {
        if (!ended) {
            guard.watch(run());
        }
        StoredCheckpoint parent = store.open(parent(Lineage.SFT));
        StoredCheckpoint reward = store.open(parent(Lineage.REWARD));
        if (!Files.isRegularFile(reward.folder().resolve(RewardModel.JUDGE_FILE))) {
            throw new InvalidInputException(Reason.of("rlhf.noJudge"));
        }
        Tokenizer tokenizer = Tokenizer.load(parent.folder());
        TransformerConfig shape = TransformerConfig.load(parent.folder());
        List<Prompt> prompts = prompts(context);
        GateSplit split =
                GateSplit.of(context, prompts, settings.holdout().share(), parent.manifest(), reward.manifest());
        Map<String, int[]> usable = usable(tokenizer, prompts, shape.maxPositions());
        List<RankedAnswers> ranked = ranked(context, reward, tokenizer, split.asked(), shape.maxPositions());
        Learned learned = new Learned(split, usable, ranked);
        RewardEnsemble.Index index = RewardEnsemble.Index.read(reward.folder());
        RlhfInputs.Scorers scorers = new RlhfInputs.Scorers(
                TransformerConfig.load(reward.folder()),
                index.reward().size() + index.judge().size(),
                adapters(reward).isPresent());
        return new Planned(RlhfInputs.memory(settings, shape, scorers, learned.training()), workers -> load(
                        context, learned, tokenizer, parent.folder(), reward)
                .with(workers));
    }

    @Override
    protected int shards() {
        return settings.batches().shards();
    }

    private RlhfInputs load(
            JobContext context, Learned learned, Tokenizer tokenizer, Path folder, StoredCheckpoint reward)
            throws IOException {
        Transformer sft = Transformer.load(folder).computeIn(settings.batches().precision());
        try {
            HeldOutComparison.Judges judges = judges(reward, sft);
            try {
                return inputs(context, learned, tokenizer, sft, reward, judges);
            } catch (RuntimeException e) {
                judges.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            sft.close();
            throw e;
        }
    }

    /**
     * What the run learns from and is judged by.
     *
     * @param usable token ids, up to the assistant's token, of the prompts that can be answered, by the prompts' ids
     */
    private record Learned(GateSplit split, Map<String, int[]> usable, List<RankedAnswers> ranked) {

        List<int[]> training() {
            return usable(split.prompts().training())
                    .map(prompt -> Objects.requireNonNull(usable.get(prompt.id())))
                    .toList();
        }

        Stream<Prompt> usable(List<Prompt> prompts) {
            return prompts.stream().filter(prompt -> usable.containsKey(prompt.id()));
        }
    }

    private RlhfInputs inputs(
            JobContext context,
            Learned learned,
            Tokenizer tokenizer,
            Transformer sft,
            StoredCheckpoint reward,
            HeldOutComparison.Judges judges) {
        measureFresh(reward, judges, tokenizer);
        GateSplit split = learned.split();
        OwnWriting own = writing(context, sft, tokenizer, split.asked());
        return new RlhfInputs(
                settings,
                sft,
                judges,
                tokenizer,
                learned.training(),
                learned.ranked(),
                own,
                tokenizer.endOfTurn(),
                comparison(
                        sft, judges, tokenizer, learned.usable(split.prompts().validation()), own.validation()),
                comparison(
                        sft, judges, tokenizer, learned.usable(split.prompts().heldOut()), own.heldOut()));
    }

    private void measureFresh(StoredCheckpoint reward, HeldOutComparison.Judges judges, Tokenizer tokenizer) {
        fresh = () -> {
            Map<String, Double> figures =
                    new TreeMap<>(rankings.figures(reward.manifest(), judges.reward(), tokenizer));
            Double judged = rankings.figures(reward.manifest(), judges.judge(), tokenizer)
                    .get(FreshRankings.ACCURACY);
            if (judged != null) {
                figures.put(Gate.JUDGE_ACCURACY, judged);
            }
            return figures;
        };
    }

    /** What the policy rehearses and the gate asks; written anew with each start, to the same letters. */
    private OwnWriting writing(JobContext context, Transformer sft, Tokenizer tokenizer, GatePrompts asked) {
        OwnWriting.Counts wanted = settings.retention().own();
        return OwnWriting.of(
                sft, tokenizer, wanted, settings.sampling().maxAnswerTokens(), settings.seed(), asked, written -> {
                    if (shards() > 1) {
                        context.followed(
                                "sample", written, wanted.all(), Map.of()); // every worker does it; none leads yet
                    } else {
                        context.progress("sample", written, wanted.all(), Map.of());
                    }
                });
    }

    /**
     * The rankings that the reward model has learned from, for DPO; none of what the gate asks, and none that the judge has
     * learned from, or it would judge by what the policy was fitted to. Ties teach nothing here.
     */
    private List<RankedAnswers> ranked(
            JobContext context, StoredCheckpoint reward, Tokenizer tokenizer, GatePrompts asked, int longest) {
        if (settings.algorithm() != RlhfSettings.Algorithm.DPO) {
            return List.of();
        }
        Map<String, String> trained = reward.manifest().hyperparameters();
        double judged = RankedAnswers.judgeBelow(
                Double.parseDouble(trained.getOrDefault("heldOut", "0")),
                Double.parseDouble(trained.getOrDefault("judgeShare", "0")));
        Collection<RankingRequest> requests = TrainedOn.newest(context, Topic.RANKING_REQUESTS, reward.manifest());
        Set<String> others = requests.stream()
                .filter(request -> request.goldOrder().isPresent() || asked.areAskedBy(request.messages()))
                .map(RankingRequest::requestId)
                .collect(Collectors.toSet());
        List<Ranking> preferences = new ArrayList<>();
        for (Ranking ranking : TrainedOn.newest(context, Topic.RANKINGS, reward.manifest())) {
            boolean teaches = ranking.abstention() == null && !others.contains(ranking.requestId());
            if (teaches && ranking.order().size() == 1) {
                setAside().add(SetAside.Cause.RANKING_WITHOUT_PREFERENCE, ranking);
            } else if (teaches) {
                preferences.add(ranking);
            }
        }
        return RankedAnswers.of(tokenizer, requests, preferences, longest, setAside()).stream()
                .filter(request -> !request.heldOut(judged))
                .toList();
    }

    /** How the reward model was trained as adapters on this SFT model; empty if it was not. */
    private Optional<LoraSettings> adapters(StoredCheckpoint trained) {
        return parent(Lineage.SFT).equals(trained.manifest().parents().get(Lineage.SFT))
                ? LoraSettings.of(trained.manifest().hyperparameters())
                : Optional.empty();
    }

    /** What scores: as adapters on the SFT model, where it was trained so and on this one, which then is in memory once. */
    private HeldOutComparison.Judges judges(StoredCheckpoint trained, Transformer sft) throws IOException {
        Path folder = trained.folder();
        Optional<LoraSettings> lora = adapters(trained);
        RewardEnsemble reward = lora.isPresent()
                ? RewardEnsemble.load(folder, settings.reward(), sft, lora.get())
                : RewardEnsemble.load(folder, settings.reward());
        try {
            RewardEnsemble judge = lora.isPresent()
                    ? RewardEnsemble.loadJudge(folder, settings.reward(), sft, lora.get())
                    : RewardEnsemble.loadJudge(folder, settings.reward());
            Precision precision = settings.batches().precision();
            return new HeldOutComparison.Judges(reward.computeIn(precision), judge.computeIn(precision));
        } catch (IOException | RuntimeException e) {
            reward.close();
            throw e;
        }
    }

    private List<Prompt> prompts(JobContext context) {
        Collection<Prompt> newest = newest(context, Topic.PROMPTS);
        if (newest.isEmpty()) {
            throw new InvalidInputException(Reason.of("rlhf.promptsGone"));
        }
        return List.copyOf(newest);
    }

    private HeldOutComparison comparison(
            Transformer sft,
            HeldOutComparison.Judges judges,
            Tokenizer tokenizer,
            Stream<Prompt> prompts,
            OwnWriting own) {
        AnswerSampler sampler = new AnswerSampler(
                settings.sampling().temperature(), settings.sampling().maxAnswerTokens(), tokenizer.endOfTurn());
        List<HeldOutPrompt> used = prompts.limit(settings.holdout().prompts())
                .map(prompt -> HeldOutPrompt.of(tokenizer, prompt))
                .toList();
        return new HeldOutComparison(settings.seed(), sft, judges, sampler, used, own);
    }

    /** The prompts that the model's chat template takes and that leave room for an answer, by their ids. */
    private Map<String, int[]> usable(Tokenizer tokenizer, List<Prompt> prompts, int positions) {
        int answer = settings.sampling().maxAnswerTokens();
        Map<String, int[]> usable = new HashMap<>();
        for (Prompt prompt : prompts) {
            Optional<Reason> refusal = ChatTemplate.refusal(tokenizer, prompt.messages());
            if (refusal.isPresent()) {
                setAside().addRefused(SetAside.Cause.PROMPT_REFUSED, 1, prompt.id(), refusal.get());
                continue;
            }
            int[] ids = ChatTemplate.prompt(tokenizer, prompt.messages());
            if (ids.length + answer > positions) {
                setAside()
                        .add(
                                SetAside.Cause.PROMPT_WITHOUT_ROOM,
                                1,
                                Reason.of("setAside.withoutRoom")
                                        .with("id", prompt.id())
                                        .with("tokens", ids.length)
                                        .with("answer", answer)
                                        .with("positions", positions));
            } else {
                setAside().take(SetAside.Kind.PROMPT, 1);
                usable.put(prompt.id(), ids);
            }
        }
        return usable;
    }

    @Override
    protected Map<String, Double> watched(String phase, long step, Map<String, Double> figures) {
        if (!figures.containsKey(HeldOutComparison.JUDGE)) {
            return figures;
        }
        newestFresh = fresh.get();
        Map<String, Double> watched = new TreeMap<>(figures);
        watched.putAll(newestFresh);
        return watched;
    }

    @Override
    protected boolean isPaused() {
        return guard.finding(run()).isPresent() || isHeldBack();
    }

    /** Whether the pause is published, by this worker or another one of the run. */
    private boolean isHeldBack() {
        return guard.decision(run())
                .filter(decision -> decision.verdict() == GuardDecision.Verdict.PAUSED)
                .isPresent();
    }

    @Override
    protected boolean isEnded() {
        return ended;
    }

    /** A pause is published when the state is stored, and before the next comparison, which holds the run back by it. */
    @Override
    protected void stopped(JobContext context) {
        if (!isHeldBack()) {
            guard.finding(run()).ifPresent(finding -> context.publish(Topic.GUARD_DECISIONS, finding.pause(run())));
        }
    }

    @Override
    protected void announce(JobContext context, Trainer.Result result) {
        Optional<ModelRelease.Verdict> decided = releases.verdict(model, run());
        if (decided.isPresent()) {
            LOG.infof("The candidate of run %s is %s already", run(), decided.get());
            return;
        }
        Map<String, Double> figures = new TreeMap<>(result.metrics());
        figures.putAll(newestFresh);
        Gate gate = Gate.decide(settings.gate(), figures);
        Reference candidate = result.checkpoint();
        String reason = Messages.english(gate.reason());
        LOG.infof("Candidate %s is %s: %s", candidate.shortSha256(), gate.verdict(), reason);
        context.publish(
                Topic.MODEL_RELEASES,
                new ModelRelease(model, gate.verdict(), candidate, run(), figures, reason, gate.reason(), null));
    }
}
