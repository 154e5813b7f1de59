package io.alignstream.languagemodel.generation;

import io.alignstream.languagemodel.network.Transformer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PrimitiveIterator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Samples an answer to each of a batch of prompts.
 *
 * @param temperature divides the logits; 0 takes the most probable token
 * @param maxTokens longest answer, in tokens
 * @param endToken ends an answer; it is part of the answer's tokens
 */
public record AnswerSampler(double temperature, int maxTokens, int endToken) {

    public AnswerSampler {
        if (!(temperature >= 0) || maxTokens < 1) {
            throw new IllegalArgumentException(
                    "temperature " + temperature + " must be at least 0 and maxTokens " + maxTokens + " at least 1");
        }
    }

    /**
     * A sampled answer.
     *
     * @param tokens token ids; the last one is the end token if {@code ended}
     * @param logProbabilities of each token, at the sampler's temperature (at 1 when it is 0)
     * @param ended whether the end token was sampled before the limit
     */
    public record Answer(int[] tokens, float[] logProbabilities, boolean ended) {

        /** The tokens without the end token. */
        public int[] content() {
            return ended ? Arrays.copyOf(tokens, tokens.length - 1) : tokens;
        }

        /** The ids of {@code prompt} and then all of this answer's, as one row. */
        public int[] after(int[] prompt) {
            int[] row = Arrays.copyOf(prompt, prompt.length + tokens.length);
            System.arraycopy(tokens, 0, row, prompt.length, tokens.length);
            return row;
        }
    }

    /** The same of {@code model} as it is now, with numbers that were drawn before. */
    public List<Answer> sample(Transformer model, List<int[]> prompts, List<double[]> numbers) {
        try (PreparedWeights weights = new PreparedWeights(model)) {
            return sample(weights, prompts, numbers);
        }
    }

    /** The same of {@code model} as it is now; who samples repeatedly from one that no longer learns prepares it once. */
    public List<Answer> sample(Transformer model, List<int[]> prompts, RandomGenerator random) {
        try (PreparedWeights weights = new PreparedWeights(model)) {
            return sample(weights, prompts, random);
        }
    }

    /**
     * One answer for each prompt; all randomness comes from {@code random}, drawn prompt by prompt.
     *
     * @param prompts token ids, one or more each; prompt and answer together must fit the model's positions
     * @throws NotFiniteException if the model's probabilities are no numbers
     */
    public List<Answer> sample(PreparedWeights weights, List<int[]> prompts, RandomGenerator random) {
        return sample(weights, prompts, numbers(prompts.size(), random));
    }

    /** By what so many answers' tokens are drawn, {@link #maxTokens} numbers each, whoever samples which of them. */
    public List<double[]> numbers(int answers, RandomGenerator random) {
        double[] all = random.doubles((long) answers * maxTokens).toArray();
        return IntStream.range(0, answers)
                .mapToObj(answer -> Arrays.copyOfRange(all, answer * maxTokens, (answer + 1) * maxTokens))
                .toList();
    }

    private List<Answer> sample(PreparedWeights weights, List<int[]> prompts, List<double[]> numbers) {
        int batch = prompts.size();
        int time = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        if (time < 1 || time + maxTokens > weights.config().maxPositions()) {
            throw new IllegalArgumentException("a prompt of " + time + " tokens and an answer of up to " + maxTokens
                    + " do not fit the model's " + weights.config().maxPositions() + " positions");
        }
        Map<Text, Draft> drafts = new LinkedHashMap<>();
        TokenSampler sampler = TokenSampler.atTemperature(temperature);
        try (Engine engine =
                new Engine(weights, weights.config().vocabularySize(), Engine.Capacity.of(batch, time + maxTokens))) {
            for (int b = 0; b < batch; b++) {
                PrimitiveIterator.OfDouble drawn = Arrays.stream(numbers.get(b)).iterator();
                TextRequest request = new TextRequest(prompts.get(b), maxTokens, sampler, drawn::nextDouble);
                drafts.put(engine.start(request).orElseThrow(), new Draft(maxTokens));
            }
            while (engine.active() > 0) {
                for (Engine.Written written : engine.step()) {
                    if (!written.token().isFinite()) {
                        throw new NotFiniteException();
                    }
                    Objects.requireNonNull(drafts.get(written.text())).add(written.token());
                    if (written.token().id() == endToken) {
                        engine.end(written.text());
                    }
                }
            }
        }
        return drafts.values().stream().map(Draft::answer).toList();
    }

    /** An answer that is being written. */
    private final class Draft {

        private final int[] tokens;
        private final float[] logProbabilities;
        private int length;

        Draft(int maxTokens) {
            this.tokens = new int[maxTokens];
            this.logProbabilities = new float[maxTokens];
        }

        void add(SampledToken token) {
            tokens[length] = token.id();
            logProbabilities[length++] = (float) token.logProbability();
        }

        Answer answer() {
            return new Answer(
                    Arrays.copyOf(tokens, length),
                    Arrays.copyOf(logProbabilities, length),
                    tokens[length - 1] == endToken);
        }
    }
}
