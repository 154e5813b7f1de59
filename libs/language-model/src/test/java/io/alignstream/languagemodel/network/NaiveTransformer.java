package io.alignstream.languagemodel.network;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The oracle: the forward pass in plain loops over doubles, slow and obvious, for one sequence. */
final class NaiveTransformer {

    private final TransformerConfig config;
    private final Map<String, double[]> weights = new LinkedHashMap<>();
    /** Of the text that was computed last, by layer: {@code [heads][time][time]}. */
    private final List<double[][][]> attention = new ArrayList<>();
    /** Of that text, before the first block and after each: {@code [time][width]}. */
    private final List<double[][]> states = new ArrayList<>();

    NaiveTransformer(TransformerConfig config) {
        this.config = config;
    }

    NaiveTransformer(TransformerConfig config, Map<String, Tensor> tensors) {
        this(config);
        tensors.forEach((name, tensor) -> {
            float[] floats = tensor.toFloats();
            double[] doubles = new double[floats.length];
            for (int i = 0; i < floats.length; i++) {
                doubles[i] = floats[i];
            }
            weights.put(name, doubles);
        });
    }

    /** The weights, to be changed at will. */
    Map<String, double[]> weights() {
        return weights;
    }

    List<double[][][]> attention() {
        return attention;
    }

    List<double[][]> states() {
        return states;
    }

    /** Mean cross-entropy in nats over all tokens but the first. */
    double meanLoss(int[] row) {
        double[][] logits = logits(Arrays.copyOf(row, row.length - 1));
        double loss = 0;
        for (int t = 0; t < logits.length; t++) {
            double total = Arrays.stream(logits[t]).map(Math::exp).sum();
            loss += (Math.log(total) - logits[t][row[t + 1]]) / logits.length;
        }
        return loss;
    }

    /** Logits after each token, {@code [time][vocabularySize]}. */
    double[][] logits(int[] ids) {
        double[][] hidden = hidden(ids);
        double[] output = weights.getOrDefault("lm_head.weight", weights.get("model.embed_tokens.weight"));
        double[][] logits = new double[ids.length][];
        for (int t = 0; t < ids.length; t++) {
            logits[t] = product(output, hidden[t]);
        }
        return logits;
    }

    /** Log probability of each token but the first, {@code [time - 1]}. */
    double[] logProbabilities(int[] row, double temperature) {
        double[][] logits = logits(Arrays.copyOf(row, row.length - 1));
        double[] logs = new double[logits.length];
        for (int t = 0; t < logs.length; t++) {
            double total = Arrays.stream(logits[t])
                    .map(logit -> Math.exp(logit / temperature))
                    .sum();
            logs[t] = logits[t][row[t + 1]] / temperature - Math.log(total);
        }
        return logs;
    }

    /** The scalar head's value at each token but the last, {@code [time - 1]}. */
    double[] scalars(int[] row) {
        return Arrays.stream(hidden(Arrays.copyOf(row, row.length - 1)))
                .mapToDouble(state -> product(weights.get("score.weight"), state)[0])
                .toArray();
    }

    /** Hidden states after the last norm, {@code [time][width]}. */
    double[][] hidden(int[] ids) {
        int width = config.width();
        double[][] x = new double[ids.length][width];
        for (int t = 0; t < ids.length; t++) {
            System.arraycopy(weights.get("model.embed_tokens.weight"), ids[t] * width, x[t], 0, width);
        }
        attention.clear();
        states.clear();
        states.add(Arrays.stream(x).map(double[]::clone).toArray(double[][]::new));
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = "model.layers." + layer + ".";
            double[][] h = norm(x, block + "input_layernorm.weight");
            double[][] attended = attention(h, block + "self_attn.");
            for (int t = 0; t < x.length; t++) {
                add(x[t], attended[t]);
            }
            h = norm(x, block + "post_attention_layernorm.weight");
            for (int t = 0; t < x.length; t++) {
                double[] gate = project(block + "mlp.gate_proj", h[t]);
                double[] up = project(block + "mlp.up_proj", h[t]);
                for (int i = 0; i < gate.length; i++) {
                    gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
                }
                add(x[t], project(block + "mlp.down_proj", gate));
            }
            states.add(Arrays.stream(x).map(double[]::clone).toArray(double[][]::new));
        }
        return norm(x, "model.norm.weight");
    }

    private double[][] attention(double[][] h, String prefix) {
        int size = config.headWidth();
        int group = config.heads() / config.keyValueHeads();
        double[][] q = new double[h.length][];
        double[][] k = new double[h.length][];
        double[][] v = new double[h.length][];
        for (int t = 0; t < h.length; t++) {
            q[t] = rotate(normHeads(project(prefix + "q_proj", h[t]), prefix + "q_norm.weight"), t);
            k[t] = rotate(normHeads(project(prefix + "k_proj", h[t]), prefix + "k_norm.weight"), t);
            v[t] = project(prefix + "v_proj", h[t]);
        }
        double[][][] taken = new double[config.heads()][h.length][h.length];
        attention.add(taken);
        double[][] result = new double[h.length][];
        for (int t = 0; t < h.length; t++) {
            double[] mixed = new double[config.heads() * size];
            for (int head = 0; head < config.heads(); head++) {
                double[] scores = new double[config.bidirectional() ? h.length : t + 1];
                double sum = 0;
                for (int s = 0; s < scores.length; s++) {
                    for (int i = 0; i < size; i++) {
                        scores[s] += q[t][head * size + i] * k[s][head / group * size + i] / Math.sqrt(size);
                    }
                    scores[s] = Math.exp(scores[s]);
                    sum += scores[s];
                }
                for (int s = 0; s < scores.length; s++) {
                    taken[head][t][s] = scores[s] / sum;
                    for (int i = 0; i < size; i++) {
                        mixed[head * size + i] += scores[s] / sum * v[s][head / group * size + i];
                    }
                }
            }
            result[t] = project(prefix + "o_proj", mixed);
        }
        return result;
    }

    private double[] rotate(double[] x, int position) {
        int size = config.headWidth();
        int half = size / 2;
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int inHead = i % size;
            double angle = position * frequency(inHead % half);
            double partner = inHead < half ? -x[i + half] : x[i - half];
            y[i] = magnitude() * (x[i] * Math.cos(angle) + partner * Math.sin(angle));
        }
        return y;
    }

    /** The definitions of Llama 3.1 by wave lengths and of YaRN's paper, not the product's formulas. */
    private double frequency(int pair) {
        double plain = Math.pow(config.ropeTheta(), -2.0 * pair / config.headWidth());
        return switch (config.variant().scaling()) {
            case RotaryScaling.None none -> plain;
            case RotaryScaling.Dynamic dynamic -> plain;
            case RotaryScaling.Linear linear -> plain / linear.factor();
            case RotaryScaling.Llama3 llama -> {
                double length = 2 * Math.PI / plain;
                if (length < llama.originalPositions() / llama.highFrequencyFactor()) {
                    yield plain;
                }
                if (length > llama.originalPositions() / llama.lowFrequencyFactor()) {
                    yield plain / llama.factor();
                }
                double smooth = (llama.originalPositions() / length - llama.lowFrequencyFactor())
                        / (llama.highFrequencyFactor() - llama.lowFrequencyFactor());
                yield (1 - smooth) * plain / llama.factor() + smooth * plain;
            }
            case RotaryScaling.Yarn yarn -> {
                double low = Math.max(Math.floor(turningPair(yarn, yarn.fastTurns())), 0);
                double high = Math.min(Math.ceil(turningPair(yarn, yarn.slowTurns())), config.headWidth() - 1);
                double ramp = Math.min(1, Math.max(0, (pair - low) / (high == low ? 0.001 : high - low)));
                yield plain / yarn.factor() * ramp + plain * (1 - ramp);
            }
        };
    }

    /** Solves originalPositions / (2π theta^(2i/d)) = turns for i. */
    private double turningPair(RotaryScaling.Yarn yarn, double turns) {
        double power = yarn.originalPositions() / (2 * Math.PI * turns);
        return Math.log(power) / Math.log(config.ropeTheta()) * config.headWidth() / 2;
    }

    private double magnitude() {
        return config.variant().scaling() instanceof RotaryScaling.Yarn yarn ? yarn.magnitude() : 1;
    }

    private double[] project(String name, double[] x) {
        double[] y = product(weights.get(name + ".weight"), x);
        double[] bias = weights.get(name + ".bias");
        if (bias != null) {
            add(y, bias);
        }
        return y;
    }

    private double[] normHeads(double[] x, String name) {
        if (!weights.containsKey(name)) {
            return x;
        }
        int size = config.headWidth();
        double[][] heads = new double[x.length / size][];
        for (int head = 0; head < heads.length; head++) {
            heads[head] = Arrays.copyOfRange(x, head * size, (head + 1) * size);
        }
        double[][] scaled = norm(heads, name);
        double[] y = new double[x.length];
        for (int head = 0; head < heads.length; head++) {
            System.arraycopy(scaled[head], 0, y, head * size, size);
        }
        return y;
    }

    private double[][] norm(double[][] x, String name) {
        double[] scale = weights.get(name);
        double[][] y = new double[x.length][scale.length];
        for (int t = 0; t < x.length; t++) {
            double square = 0;
            for (double value : x[t]) {
                square += value * value / scale.length;
            }
            for (int i = 0; i < scale.length; i++) {
                y[t][i] = x[t][i] / Math.sqrt(square + config.normEpsilon()) * scale[i];
            }
        }
        return y;
    }

    private static double[] product(double[] matrix, double[] x) {
        double[] y = new double[matrix.length / x.length];
        for (int row = 0; row < y.length; row++) {
            for (int i = 0; i < x.length; i++) {
                y[row] += matrix[row * x.length + i] * x[i];
            }
        }
        return y;
    }

    private static void add(double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            x[i] += y[i];
        }
    }
}
