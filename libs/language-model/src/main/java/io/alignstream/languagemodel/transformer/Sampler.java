package io.alignstream.languagemodel.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Samples answers for a batch of prompts in one native call, key-value cache included.
 *
 * @param temperature divides the logits; 0 takes the most probable token
 * @param maxTokens longest answer, in tokens
 * @param endToken ends an answer; it is part of the answer's tokens
 */
public record Sampler(double temperature, int maxTokens, int endToken) {

    public Sampler {
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
    }

    /**
     * One answer for each prompt; all randomness comes from {@code random}, drawn prompt by prompt.
     *
     * @param prompts token ids, one or more each; prompt and answer together must fit the model's positions
     */
    public List<Answer> sample(Transformer model, List<int[]> prompts, RandomGenerator random) {
        int batch = prompts.size();
        int time = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        if (time < 1 || time + maxTokens > model.config().maxPositions()) {
            throw new IllegalArgumentException("a prompt of " + time + " tokens and an answer of up to " + maxTokens
                    + " do not fit the model's " + model.config().maxPositions() + " positions");
        }
        long[] ids = new long[batch * time];
        long[] counts = new long[batch];
        for (int b = 0; b < batch; b++) {
            int[] prompt = prompts.get(b);
            counts[b] = prompt.length;
            for (int t = 0; t < prompt.length; t++) {
                ids[b * time + t] = prompt[t];
            }
        }
        double[] uniforms = random.doubles((long) batch * maxTokens).toArray();
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = model.arguments(call);
            in.add(call.create(ids, new Shape(batch, time)));
            in.add(call.create(counts));
            in.add(call.create(uniforms, new Shape(batch, maxTokens)));
            model.shape(in);
            in.add(call.create(temperature));
            in.add(call.create((long) endToken));
            NDArray out = TorchRuntime.get().run(call, "generate", in).singletonOrThrow();
            int steps = (int) out.getShape().get(2);
            return answers(out.toDoubleArray(), batch, steps);
        }
    }

    private List<Answer> answers(double[] out, int batch, int steps) {
        List<Answer> answers = new ArrayList<>(batch);
        for (int b = 0; b < batch; b++) {
            int length = 0;
            while (length < steps && out[b * steps + length] >= 0) {
                length++;
            }
            int[] tokens = new int[length];
            float[] logs = new float[length];
            for (int t = 0; t < length; t++) {
                tokens[t] = (int) out[b * steps + t];
                logs[t] = (float) out[(batch + b) * steps + t];
            }
            answers.add(new Answer(tokens, logs, length > 0 && tokens[length - 1] == endToken));
        }
        return answers;
    }
}
