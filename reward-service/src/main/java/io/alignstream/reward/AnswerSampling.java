package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.reward.desk.DistinctAnswers;
import io.alignstream.reward.desk.Question;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.training.dataset.SetAside;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Samples K answers of an SFT model to each prompt and asks people to rank them. Which prompts: first what users disliked;
 * then at random, or by active selection, which answers a bounded number of candidates and prefers those that nobody was
 * asked and, among them, those of whose ranking reward model and judge are least sure.
 *
 * <p>A request's id is a function of model and prompt, so an interrupted job that starts again asks nothing twice, and
 * the answers are a function of seed, model and prompt. Only different answers can be ranked: a few more samples are drawn
 * to find K of them, and a prompt to which there are not even two is not asked. Empty answers are none; those that the
 * limit cut off come only where there are too few others, and the request's tag {@value Question#TRUNCATED} names their indexes.
 */
final class AnswerSampling implements Job {

    private static final Logger LOG = Logger.getLogger(AnswerSampling.class);
    private static final int ROUNDS = 4;
    private static final int ID_DIGITS = 32;
    private static final String RANDOM = "random";

    private final RewardConfig.Sampling config;
    private final long seed;
    private final CheckpointStore store;
    private final Reference sft;
    private final Chosen chosen;
    private final RankingDesk desk;

    private AnswerSampling(
            RewardConfig.Sampling config,
            long seed,
            CheckpointStore store,
            Reference sft,
            Chosen chosen,
            RankingDesk desk) {
        this.config = config;
        this.seed = seed;
        this.store = store;
        this.sft = sft;
        this.chosen = chosen;
        this.desk = desk;
    }

    /**
     * The prompts of one job.
     *
     * @param asked sent out whatever the models say
     * @param candidates those among which the models choose, the uncovered ones first
     * @param uncovered how many of them nobody was asked yet
     * @param room how many of the candidates are sent out, at most
     * @param reward the model that chooses; null if there are no candidates
     */
    private record Chosen(
            List<Prompt> asked, List<Prompt> candidates, int uncovered, int room, @Nullable Reference reward) {

        List<Prompt> all() {
            return Stream.concat(asked.stream(), candidates.stream()).toList();
        }
    }

    /**
     * Answers to one prompt.
     *
     * @param answers two or more different ones, none empty
     * @param truncated how many of them, the last ones, were cut off
     */
    private record Sampled(List<String> answers, int truncated) {

        List<int[]> rows(Tokenizer tokenizer, Prompt prompt) {
            return answers.stream()
                    .map(answer -> ChatTemplate.conversation(tokenizer, prompt.messages(), answer)
                            .ids())
                    .toList();
        }

        Map<String, String> tags(Map<String, String> tags) {
            Map<String, String> all = new HashMap<>(tags);
            all.remove(Question.TRUNCATED);
            if (truncated > 0) {
                all.put(
                        Question.TRUNCATED,
                        IntStream.range(answers.size() - truncated, answers.size())
                                .mapToObj(Integer::toString)
                                .collect(Collectors.joining(" ")));
            }
            return all;
        }
    }

    /**
     * The job for those prompts that may still be asked of {@code sft}: besides those of which a reward model has learned
     * what people said, at most as many as configured. A prompt that cannot be ranked is replaced by another one, as long as no
     * more have to be replaced than are asked.
     *
     * <p>What users disliked is asked first, and does not count among the others; of it, too, at most as many as configured.
     *
     * @param reward the newest reward model, by which the others are chosen
     */
    static AnswerSampling of(
            RewardConfig.Sampling config,
            long seed,
            CheckpointStore store,
            Checkpoint sft,
            Optional<Checkpoint> reward,
            Prompts prompts,
            AskedQuestions asked,
            RankingDesk desk) {
        boolean choosing = !config.selection().equals(RANDOM) && reward.isPresent();
        Open disliked = new Open(config, 0, prompts, true, asked);
        Open others = new Open(config, choosing ? config.candidates() : 0, prompts, false, asked);
        if (!choosing) {
            List<Prompt> all = Stream.concat(disliked.first().stream(), others.first().stream())
                    .toList();
            return new AnswerSampling(
                    config, seed, store, sft.reference(), new Chosen(all, List.of(), 0, 0, null), desk);
        }
        List<Prompt> candidates = Stream.concat(others.uncovered.stream(), others.covered.stream())
                .limit(config.candidates() * (long) others.room())
                .toList();
        return new AnswerSampling(
                config,
                seed,
                store,
                sft.reference(),
                new Chosen(
                        disliked.first(),
                        candidates,
                        Math.min(others.uncovered.size(), candidates.size()),
                        others.room(),
                        reward.map(Checkpoint::reference).orElse(null)),
                desk);
    }

    static boolean isDisliked(Prompt prompt) {
        return Feedback.SOURCE.equals(prompt.tags().get("source"));
    }

    /** The prompts that may be asked, each in one of two groups: those of answers that users disliked, and the others. */
    interface Prompts {

        /** Shows what has become of those of a group that were sent out, or were not because no two answers differ. */
        void sent(boolean disliked, Consumer<RankingDesk.Fate> each);

        /** Shows the others, in the order in which they are asked, for as long as {@code more} is true of one. */
        void open(boolean disliked, Predicate<Prompt> more);
    }

    /** What may still be asked of a group: of all prompts no more are looked at than it takes to find these. */
    private static final class Open {

        private final int most;
        private final long mostCandidates;
        private final AskedQuestions questions;
        /** In the order in which they are asked. */
        private final List<Prompt> first = new ArrayList<>();
        /** Of those that a model may choose among, those that nobody was asked yet, and the others. */
        private final List<Prompt> uncovered = new ArrayList<>();

        private final List<Prompt> covered = new ArrayList<>();
        private int asked;
        private int learned;
        private int replaced;

        /** @param candidates for each prompt that is sent out; 0 if none are compared */
        Open(
                RewardConfig.Sampling config,
                int candidates,
                Prompts prompts,
                boolean disliked,
                AskedQuestions questions) {
            this.questions = questions;
            prompts.sent(disliked, this::count);
            int more = config.prompts() - asked;
            this.most = Math.max(0, Math.min(more, more + config.prompts() + learned - replaced));
            this.mostCandidates = (long) candidates * most;
            if (most > 0) {
                prompts.open(disliked, this::add);
            }
        }

        private void count(RankingDesk.Fate fate) {
            switch (fate) {
                case ASKED -> asked++;
                case LEARNED -> learned++;
                case REPLACED -> replaced++;
                case OPEN -> {}
            }
        }

        private boolean add(Prompt prompt) {
            if (first.size() < most) {
                first.add(prompt);
            }
            if (uncovered.size() < mostCandidates) {
                List<Prompt> like = questions.contain(prompt.messages()) ? covered : uncovered;
                if (like.size() < mostCandidates) {
                    like.add(prompt);
                }
            }
            return first.size() < most || uncovered.size() < mostCandidates;
        }

        /** How many are sent out, at most. */
        int room() {
            return first.size();
        }

        List<Prompt> first() {
            return List.copyOf(first);
        }
    }

    /** Whether there is nothing left to ask. */
    boolean isEmpty() {
        return chosen.all().isEmpty();
    }

    @Override
    public String run() {
        List<Prompt> prompts = chosen.all();
        String first = requestId(sft, prompts.getFirst());
        String last = requestId(sft, prompts.getLast());
        return "answers-" + Sha256.hex(first + last + prompts.size()).substring(0, 12);
    }

    @Override
    public Reason title() {
        return Reason.of("reward.sample")
                .with("answers", config.answers())
                .with("sft", sft.shortSha256())
                .with("prompts", chosen.asked().size() + chosen.room());
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Path folder = store.open(sft).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        Optional<StoredCheckpoint> chooser = chosen.room() > 0 ? chooser(tokenizer) : Optional.empty();
        MemoryPlan memory = memory(tokenizer, TransformerConfig.load(folder), chooser);
        context.planned(memory);
        memory.requireRoomToSample();
        try (Transformer model = Transformer.load(folder);
                PreparedWeights weights = new PreparedWeights(model)) {
            Round round = new Round(context, tokenizer, weights);
            for (Prompt prompt : chosen.asked()) {
                round.answer(prompt).ifPresent(sampled -> ask(context, prompt, sampled));
            }
            if (chosen.room() > 0) {
                choose(round, model, chooser);
            }
        } finally {
            NativeMemory.trim();
        }
    }

    private MemoryPlan memory(Tokenizer tokenizer, TransformerConfig config, Optional<StoredCheckpoint> chooser)
            throws IOException {
        Footprint network = Footprint.of(config);
        int asked = chosen.all().stream()
                .filter(prompt ->
                        ChatTemplate.refusal(tokenizer, prompt.messages()).isEmpty())
                .mapToInt(prompt -> ChatTemplate.prompt(tokenizer, prompt.messages()).length)
                .filter(length -> length < config.maxPositions()) // the others are left out
                .max()
                .orElse(1);
        int longest = Math.min(config.maxPositions(), asked + this.config.maxAnswerTokens());
        int rows = this.config.answers();
        Map<MemoryPlan.Part, Long> parts = new EnumMap<>(MemoryPlan.Part.class);
        parts.put(MemoryPlan.Part.FILES, network.weights());
        parts.put(MemoryPlan.Part.FROZEN, network.weights() + choosing(chooser));
        parts.put(MemoryPlan.Part.PREPARED, network.prepared(Precision.FLOAT32));
        parts.put(MemoryPlan.Part.CACHE, network.cache(rows, longest));
        parts.put(MemoryPlan.Part.WORKSPACE, network.workspace(rows) + network.scoring((long) rows * longest));
        return MemoryPlan.of(parts);
    }

    /** Bytes of reward model and judge: on the SFT model's weights, where they are adapters, next to nothing. */
    private long choosing(Optional<StoredCheckpoint> chooser) throws IOException {
        if (chooser.isEmpty()) {
            return 0;
        }
        Path folder = chooser.get().folder();
        Footprint scoring = Footprint.of(TransformerConfig.load(folder));
        RewardEnsemble.Index index = RewardEnsemble.Index.read(folder);
        return (index.reward().size() + Math.max(1, index.judge().size()))
                * RankingUncertainty.adaptersOn(chooser.get().manifest(), sft)
                        .map(scoring::adapters)
                        .orElse(scoring.weights());
    }

    /** The reward model; empty if it is damaged, or reads other words because it has another vocabulary. */
    private Optional<StoredCheckpoint> chooser(Tokenizer tokenizer) throws IOException {
        try {
            StoredCheckpoint reward = store.open(Objects.requireNonNull(chosen.reward()));
            return Tokenizer.load(reward.folder()).sha256().equals(tokenizer.sha256())
                    ? Optional.of(reward)
                    : Optional.empty();
        } catch (DamagedCheckpointException e) {
            LOG.warnf("The reward model cannot choose what is asked: %s", e.getMessage());
            return Optional.empty();
        }
    }

    private void choose(Round round, Transformer model, Optional<StoredCheckpoint> reward) throws IOException {
        if (reward.isEmpty()) {
            for (Prompt prompt : chosen.candidates().subList(0, chosen.room())) {
                round.answer(prompt).ifPresent(sampled -> ask(round.context, prompt, sampled));
            }
            return;
        }
        List<Candidate> candidates = new ArrayList<>();
        try (RankingUncertainty uncertainty = RankingUncertainty.load(reward.get(), sft, model)) {
            for (int i = 0; i < chosen.candidates().size(); i++) {
                Prompt prompt = chosen.candidates().get(i);
                boolean covered = i >= chosen.uncovered();
                round.answer(prompt)
                        .ifPresent(sampled -> candidates.add(new Candidate(
                                prompt, sampled, covered, uncertainty.of(sampled.rows(round.tokenizer, prompt)))));
            }
        }
        if (round.context.stopRequested()) {
            return; // the next job chooses among all of them
        }
        candidates.stream()
                .sorted(Comparator.comparing(Candidate::covered)
                        .thenComparing(Comparator.comparingDouble(Candidate::uncertainty)
                                .reversed()))
                .limit(chosen.room())
                .forEach(candidate -> ask(round.context, candidate.prompt(), candidate.sampled()));
    }

    /**
     * A prompt that may be sent out.
     *
     * @param covered whether people were asked it before
     * @param uncertainty of its ranking, in bits
     */
    private record Candidate(Prompt prompt, Sampled sampled, boolean covered, double uncertainty) {}

    /** Answers prompt by prompt and tells how far it is. */
    private final class Round {

        private final JobContext context;
        private final Tokenizer tokenizer;
        private final PreparedWeights weights;
        /** Prompts that cannot be answered at all. */
        private final SetAside setAside = new SetAside(Stage.REWARD, 1);

        private int done;
        private int answers;
        private int truncated;
        private int replaced;

        Round(JobContext context, Tokenizer tokenizer, PreparedWeights weights) {
            this.context = context;
            this.tokenizer = tokenizer;
            this.weights = weights;
        }

        /** Empty if there are no two answers, or the job is to stop. */
        Optional<Sampled> answer(Prompt prompt) {
            if (context.stopRequested()) {
                return Optional.empty();
            }
            Optional<Sampled> sampled = sample(tokenizer, weights, prompt, setAside);
            if (sampled.isPresent()) {
                answers += sampled.get().answers().size();
                truncated += sampled.get().truncated();
            } else {
                desk.addAlike(requestId(sft, prompt));
                replaced++;
            }
            done++;
            Map<String, Double> figures = new TreeMap<>(setAside.figures());
            double unanswered =
                    figures.values().stream().mapToDouble(Double::doubleValue).sum();
            figures.put("answersPerPrompt", answers / (double) done);
            figures.put("truncatedAnswers", (double) truncated);
            figures.put("promptsWithoutTwoAnswers", replaced - unanswered);
            context.progress("sample", done, chosen.all().size(), figures);
            return sampled;
        }
    }

    private void ask(JobContext context, Prompt prompt, Sampled sampled) {
        context.publish(
                Topic.RANKING_REQUESTS,
                new RankingRequest(
                        requestId(sft, prompt),
                        prompt.messages(),
                        sampled.answers(),
                        sft,
                        sampled.tags(prompt.tags())));
    }

    /** Up to K different answers; empty if there are no two. */
    private Optional<Sampled> sample(Tokenizer tokenizer, PreparedWeights weights, Prompt prompt, SetAside setAside) {
        Optional<Reason> refusal = ChatTemplate.refusal(tokenizer, prompt.messages());
        if (refusal.isPresent()) {
            LOG.warnf("Prompt %s is left out: %s", prompt.id(), Messages.english(refusal.get()));
            setAside.addRefused(SetAside.Cause.PROMPT_REFUSED, 1, prompt.id(), refusal.get());
            return Optional.empty();
        }
        int[] ids = ChatTemplate.prompt(tokenizer, prompt.messages());
        int room = weights.config().maxPositions() - ids.length;
        if (room < 1) {
            LOG.warnf("Prompt %s has %d tokens and leaves the model no room to answer", prompt.id(), ids.length);
            setAside.addTooLong(
                    SetAside.Cause.PROMPT_WITHOUT_ROOM,
                    prompt.id(),
                    ids.length,
                    weights.config().maxPositions() - 1);
            return Optional.empty();
        }
        AnswerSampler sampler = new AnswerSampler(
                config.temperature(), Math.min(room, config.maxAnswerTokens()), tokenizer.endOfTurn());
        SequencedMap<String, String> complete = new LinkedHashMap<>();
        SequencedMap<String, String> cut = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS && complete.size() < config.answers(); round++) {
            sampler.sample(
                            weights,
                            Collections.nCopies(config.answers(), ids),
                            SeededRandom.of(seed, "answers " + requestId(sft, prompt), round))
                    .forEach(answer -> {
                        String text = ChatTemplate.said(tokenizer, answer.content());
                        String read = DistinctAnswers.asRead(text);
                        if (!read.isEmpty()) {
                            (answer.ended() ? complete : cut).putIfAbsent(read, text);
                        }
                    });
        }
        cut.keySet().removeAll(complete.keySet());
        if (prompt.tags().size() >= Check.MAX_LABELS) {
            cut.clear(); // there is no room for the tag that says which answers were cut off
        }
        List<String> answers = Stream.concat(complete.values().stream(), cut.values().stream())
                .limit(config.answers())
                .toList();
        return answers.size() < 2
                ? Optional.empty()
                : Optional.of(new Sampled(answers, Math.max(0, answers.size() - complete.size())));
    }

    /** The id of the request for a model's answers to a prompt. */
    static String requestId(Reference sft, Prompt prompt) {
        return requestId(sft.sha256(), prompt.id());
    }

    /** The id of the request to rank the answers of the SFT model {@code sha256} to the prompt {@code id}. */
    static String requestId(String sha256, String id) {
        return requestId(sha256 + "/" + id);
    }

    /** The id of the request about {@code what}: of none can be told who asks it, so that a gold one is blind. */
    static String requestId(String what) {
        return "answers-" + Sha256.hex(what).substring(0, ID_DIGITS);
    }
}
