package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.jboss.logging.Logger;

/**
 * Samples K answers of an SFT model to each prompt and asks people to rank them.
 *
 * <p>A request's id is a function of model and prompt, so an interrupted job that starts again asks nothing twice, and
 * the answers are a function of seed, model and prompt. Different answers are worth more to an annotator than repeated
 * ones: a few more samples are drawn to find K different ones.
 */
final class AnswerSampling implements Job {

    private static final Logger LOG = Logger.getLogger(AnswerSampling.class);
    private static final int ROUNDS = 4;

    private final RewardConfig.Sampling config;
    private final long seed;
    private final CheckpointStore store;
    private final Reference sft;
    private final List<Prompt> prompts;

    private AnswerSampling(
            RewardConfig.Sampling config, long seed, CheckpointStore store, Reference sft, List<Prompt> prompts) {
        this.config = config;
        this.seed = seed;
        this.store = store;
        this.sft = sft;
        this.prompts = prompts;
    }

    /** The job for those prompts that may still be asked of {@code sft}, at most as many as configured in all. */
    static AnswerSampling of(
            RewardConfig.Sampling config,
            long seed,
            CheckpointStore store,
            Checkpoint sft,
            Collection<Prompt> prompts,
            RankingDesk desk) {
        List<Prompt> ordered = prompts.stream()
                .sorted(Comparator.comparing(prompt -> requestId(sft.reference(), prompt)))
                .toList();
        List<String> asked = desk.asked(ordered.stream()
                .map(prompt -> requestId(sft.reference(), prompt))
                .toList());
        List<Prompt> missing = ordered.stream()
                .filter(prompt -> !asked.contains(requestId(sft.reference(), prompt)))
                .limit(Math.max(0, config.prompts() - asked.size()))
                .toList();
        return new AnswerSampling(config, seed, store, sft.reference(), missing);
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
        try (Transformer model = Transformer.load(folder)) {
            for (int i = 0; i < prompts.size() && !context.stopRequested(); i++) {
                ask(context, tokenizer, model, prompts.get(i));
                context.progress(
                        "sample", i + 1, prompts.size(), Map.of("answersPerPrompt", (double) config.answers()));
            }
        }
    }

    private void ask(JobContext context, Tokenizer tokenizer, Transformer model, Prompt prompt) {
        int[] ids = ChatTemplate.prompt(tokenizer, prompt.messages());
        String requestId = requestId(sft, prompt);
        int room = model.config().maxPositions() - ids.length;
        List<String> answers;
        if (room < 1) {
            // Asked all the same, or the comparison would find it missing for ever: people see that the model is mute.
            LOG.warnf("Prompt %s has %d tokens and leaves the model no room to answer", prompt.id(), ids.length);
            answers = Collections.nCopies(config.answers(), "");
        } else {
            AnswerSampler sampler = new AnswerSampler(
                    config.temperature(), Math.min(room, config.maxAnswerTokens()), tokenizer.endOfTurn());
            answers = answers(tokenizer, model, sampler, ids, requestId);
        }
        context.publish(
                Topic.RANKING_REQUESTS, new RankingRequest(requestId, prompt.messages(), answers, sft, prompt.tags()));
    }

    private List<String> answers(
            Tokenizer tokenizer, Transformer model, AnswerSampler sampler, int[] prompt, String requestId) {
        SequencedSet<String> different = new LinkedHashSet<>();
        List<String> repeated = new ArrayList<>();
        for (int round = 0; round < ROUNDS && different.size() < config.answers(); round++) {
            sampler
                    .sample(
                            model,
                            Collections.nCopies(config.answers(), prompt),
                            SeededRandom.of(seed, "answers " + requestId, round))
                    .stream()
                    .map(answer -> tokenizer.decode(answer.content()))
                    .filter(answer -> !different.add(answer))
                    .forEach(repeated::add);
        }
        List<String> answers = new ArrayList<>(different);
        answers.addAll(repeated);
        return answers.subList(0, config.answers());
    }

    /** The id of the request for a model's answers to a prompt. */
    static String requestId(Reference sft, Prompt prompt) {
        return "answers-" + sft.shortSha256() + "-" + Sha256.hex(prompt.id()).substring(0, 16);
    }
}
