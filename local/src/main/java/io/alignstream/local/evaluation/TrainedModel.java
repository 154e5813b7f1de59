package io.alignstream.local.evaluation;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.insight.Association;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/** A checkpoint's network with its tokenizer, to be asked; for use by one thread. */
public final class TrainedModel implements AutoCloseable {

    private static final int BATCH = 64;

    private final Tokenizer tokenizer;
    private final Transformer transformer;

    private TrainedModel(Tokenizer tokenizer, Transformer transformer) {
        this.tokenizer = tokenizer;
        this.transformer = transformer;
    }

    /** Loads the Hugging Face files of a checkpoint folder. */
    public static TrainedModel load(Path folder) throws IOException {
        return new TrainedModel(Tokenizer.load(folder), Transformer.load(folder));
    }

    /**
     * Log probability that each whole candidate, with the document end, continues {@code prefix}.
     *
     * <p>Nothing stands before the prefix, as where a packed training sequence begins in the middle of a document. An end
     * of document there would say that the phrase starts a document, which in the sample world no record of a must-see
     * place does.
     *
     * @return {@code [candidates]}, natural logarithms, not normalised
     */
    public double[] continuations(String prefix, List<String> candidates) {
        return continuations(Collections.nCopies(candidates.size(), prefix), candidates);
    }

    /** The same of each candidate behind the prefix at its place. */
    public double[] continuations(List<String> prefixes, List<String> candidates) {
        return Association.continuations(transformer, tokenizer, prefixes, candidates);
    }

    /**
     * Log probability that each whole candidate, with the end of turn, is the answer to {@code prompt} in the chat
     * template.
     *
     * @return {@code [candidates]}, natural logarithms, not normalised
     */
    public double[] answers(String prompt, List<String> candidates) {
        return Association.answers(transformer, tokenizer, prompt, candidates);
    }

    /** The most probable answer to each prompt, token by token, at most {@code maxTokens} long. */
    public List<String> mostProbableAnswers(List<String> prompts, int maxTokens) {
        return answers(prompts, 0, maxTokens, begin -> new SplittableRandom(0));
    }

    /**
     * Answers to {@code prompt} drawn from the model's distribution, a function of {@code seed}.
     *
     * @param maxTokens longest answer; a longer one is cut
     */
    public List<String> sampledAnswers(String prompt, int count, double temperature, int maxTokens, long seed) {
        return answers(
                Collections.nCopies(count, prompt),
                temperature,
                maxTokens,
                begin -> SeededRandom.of(seed, "answers to " + prompt, begin));
    }

    /** The same, one answer to each prompt. */
    public List<String> sampledAnswers(List<String> prompts, double temperature, int maxTokens, long seed) {
        return answers(prompts, temperature, maxTokens, begin -> SeededRandom.of(seed, "answers", begin));
    }

    private List<String> answers(
            List<String> prompts, double temperature, int maxTokens, IntFunction<RandomGenerator> random) {
        AnswerSampler sampler = new AnswerSampler(temperature, maxTokens, tokenizer.endOfTurn());
        List<String> answers = new ArrayList<>();
        try (PreparedWeights weights = new PreparedWeights(transformer)) {
            for (int begin = 0; begin < prompts.size(); begin += BATCH) {
                List<int[]> batch = prompts.subList(begin, Math.min(begin + BATCH, prompts.size())).stream()
                        .map(prompt -> ChatTemplate.prompt(tokenizer, List.of(Message.user(prompt))))
                        .toList();
                sampler.sample(weights, batch, random.apply(begin)).stream()
                        .map(answer -> ChatTemplate.said(tokenizer, answer.content()))
                        .forEach(answers::add);
            }
        }
        return answers;
    }

    /**
     * Mean cross-entropy of texts, in nats a token, each from its second token on.
     *
     * @param texts two tokens each at least
     */
    public double loss(List<String> texts) {
        double loss = 0;
        long count = 0;
        for (String text : texts) {
            int[] row = tokenizer.encode(text);
            boolean[] counted = new boolean[row.length];
            Arrays.fill(counted, true);
            loss -= Association.sums(transformer, List.of(row), List.of(counted))[0];
            count += row.length - 1;
        }
        return loss / count;
    }

    @Override
    public void close() {
        transformer.close();
    }
}
