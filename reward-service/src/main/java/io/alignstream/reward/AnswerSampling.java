package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.reward.desk.Question;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Samples K answers of an SFT model to each prompt and asks people to rank them.
 *
 * <p>A request's id is a function of model and prompt, so an interrupted job that starts again asks nothing twice, and
 * the answers are a function of seed, model and prompt. Only different answers can be ranked: a few more samples are drawn
 * to find K of them, and a prompt to which there are not even two is not asked. Empty answers are none; those that the
 * limit cut off come only where there are too few others, and the request's tag {@value Question#TRUNCATED} names their indexes.
 */
final class AnswerSampling implements Job {

    private static final Logger LOG = Logger.getLogger(AnswerSampling.class);
    private static final int ROUNDS = 4;

    private final RewardConfig.Sampling config;
    private final long seed;
    private final CheckpointStore store;
    private final Reference sft;
    private final List<Prompt> prompts;
    private final RankingDesk desk;

    private AnswerSampling(
            RewardConfig.Sampling config,
            long seed,
            CheckpointStore store,
            Reference sft,
            List<Prompt> prompts,
            RankingDesk desk) {
        this.config = config;
        this.seed = seed;
        this.store = store;
        this.sft = sft;
        this.prompts = prompts;
        this.desk = desk;
    }

    /**
     * Answers to one prompt.
     *
     * @param answers two or more different ones, none empty
     * @param truncated how many of them, the last ones, were cut off
     */
    private record Sampled(List<String> answers, int truncated) {

        Map<String, String> tags(Map<String, String> tags) {
            Map<String, String> all = new HashMap<>(tags);
            all.remove(Question.TRUNCATED);
            // A prompt with as many tags as there may be keeps its own.
            if (truncated > 0 && all.size() < Check.MAX_LABELS) {
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
     * The job for those prompts that may still be asked of {@code sft}, at most as many as configured in all. A prompt that
     * cannot be ranked is replaced by another one, as long as no more have to be replaced than are asked.
     */
    static AnswerSampling of(
            RewardConfig.Sampling config,
            long seed,
            CheckpointStore store,
            Checkpoint sft,
            Collection<Prompt> prompts,
            RankingDesk desk) {
        Map<String, Prompt> ordered = new TreeMap<>();
        prompts.forEach(prompt -> ordered.put(requestId(sft.reference(), prompt), prompt));
        RankingDesk.Settled settled = desk.settled(ordered.keySet());
        ordered.keySet().removeAll(settled.asked());
        ordered.keySet().removeAll(settled.replaced());
        int more = config.prompts() - settled.asked().size();
        int room = Math.min(more, more + config.prompts() - settled.replaced().size());
        List<Prompt> missing =
                ordered.values().stream().limit(Math.max(0, room)).toList();
        return new AnswerSampling(config, seed, store, sft.reference(), missing, desk);
    }

    /** Whether there is nothing left to ask. */
    boolean isEmpty() {
        return prompts.isEmpty();
    }

    @Override
    public String run() {
        String first = requestId(sft, prompts.getFirst());
        String last = requestId(sft, prompts.getLast());
        return "answers-" + Sha256.hex(first + last + prompts.size()).substring(0, 12);
    }

    @Override
    public Reason title() {
        return Reason.of("reward.sample")
                .with("answers", config.answers())
                .with("sft", sft.shortSha256())
                .with("prompts", prompts.size());
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Path folder = store.open(sft).folder();
        Tokenizer tokenizer = Tokenizer.load(folder);
        int answers = 0;
        int truncated = 0;
        int alike = 0;
        try (Transformer model = Transformer.load(folder)) {
            for (int i = 0; i < prompts.size() && !context.stopRequested(); i++) {
                Prompt prompt = prompts.get(i);
                Optional<Sampled> sampled = sample(tokenizer, model, prompt);
                if (sampled.isPresent()) {
                    ask(context, prompt, sampled.get());
                    answers += sampled.get().answers().size();
                    truncated += sampled.get().truncated();
                } else {
                    desk.addAlike(requestId(sft, prompt));
                    alike++;
                }
                context.progress(
                        "sample",
                        i + 1,
                        prompts.size(),
                        Map.of(
                                "answersPerPrompt", answers / (i + 1.0),
                                "truncatedAnswers", (double) truncated,
                                "promptsWithoutTwoAnswers", (double) alike));
            }
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
    private Optional<Sampled> sample(Tokenizer tokenizer, Transformer model, Prompt prompt) {
        int[] ids = ChatTemplate.prompt(tokenizer, prompt.messages());
        int room = model.config().maxPositions() - ids.length;
        if (room < 1) {
            LOG.warnf("Prompt %s has %d tokens and leaves the model no room to answer", prompt.id(), ids.length);
            return Optional.empty();
        }
        AnswerSampler sampler = new AnswerSampler(
                config.temperature(), Math.min(room, config.maxAnswerTokens()), tokenizer.endOfTurn());
        SequencedMap<String, String> complete = new LinkedHashMap<>();
        SequencedMap<String, String> cut = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS && complete.size() < config.answers(); round++) {
            sampler.sample(
                            model,
                            Collections.nCopies(config.answers(), ids),
                            SeededRandom.of(seed, "answers " + requestId(sft, prompt), round))
                    .forEach(answer -> {
                        String text = tokenizer.decode(answer.content());
                        String normalised = HeldOut.normalised(text);
                        if (!normalised.isEmpty()) {
                            (answer.ended() ? complete : cut).putIfAbsent(normalised, text);
                        }
                    });
        }
        cut.keySet().removeAll(complete.keySet());
        List<String> answers = Stream.concat(complete.values().stream(), cut.values().stream())
                .limit(config.answers())
                .toList();
        return answers.size() < 2
                ? Optional.empty()
                : Optional.of(new Sampled(answers, Math.max(0, answers.size() - complete.size())));
    }

    /** The id of the request for a model's answers to a prompt. */
    static String requestId(Reference sft, Prompt prompt) {
        return "answers-" + sft.shortSha256() + "-" + Sha256.hex(prompt.id()).substring(0, 16);
    }
}
