package io.alignstream.languagemodel.transformer;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** The oracle: the forward pass in plain loops over doubles, slow and obvious, for one sequence. */
final class NaiveTransformer {

    private final TransformerConfig config;
    private final Map<String, double[]> weights = new LinkedHashMap<>();

    NaiveTransformer(TransformerConfig config, Map<String, Tensor> tensors) {
        this.config = config;
        tensors.forEach((name, tensor) -> {
            float[] floats = tensor.toFloats();
            double[] doubles = new double[floats.length];
            for (int i = 0; i < floats.length; i++) {
                doubles[i] = floats[i];
            }
            weights.put(name, doubles);
        });
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

    /** Hidden states after the last norm, {@code [time][width]}. */
    double[][] hidden(int[] ids) {
        int width = config.width();
        double[][] x = new double[ids.length][width];
        for (int t = 0; t < ids.length; t++) {
            System.arraycopy(weights.get("model.embed_tokens.weight"), ids[t] * width, x[t], 0, width);
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = "model.layers." + layer + ".";
            double[][] h = norm(x, block + "input_layernorm.weight");
            double[][] attended = attention(h, block + "self_attn.");
            for (int t = 0; t < x.length; t++) {
                add(x[t], attended[t]);
            }
            h = norm(x, block + "post_attention_layernorm.weight");
            for (int t = 0; t < x.length; t++) {
                double[] gate = product(weights.get(block + "mlp.gate_proj.weight"), h[t]);
                double[] up = product(weights.get(block + "mlp.up_proj.weight"), h[t]);
                for (int i = 0; i < gate.length; i++) {
                    gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
                }
                add(x[t], product(weights.get(block + "mlp.down_proj.weight"), gate));
            }
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
            q[t] = rotate(product(weights.get(prefix + "q_proj.weight"), h[t]), t);
            k[t] = rotate(product(weights.get(prefix + "k_proj.weight"), h[t]), t);
            v[t] = product(weights.get(prefix + "v_proj.weight"), h[t]);
        }
        double[][] result = new double[h.length][];
        for (int t = 0; t < h.length; t++) {
            double[] mixed = new double[config.width()];
            for (int head = 0; head < config.heads(); head++) {
                double[] scores = new double[t + 1];
                double sum = 0;
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < size; i++) {
                        scores[s] += q[t][head * size + i] * k[s][head / group * size + i] / Math.sqrt(size);
                    }
                    scores[s] = Math.exp(scores[s]);
                    sum += scores[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < size; i++) {
                        mixed[head * size + i] += scores[s] / sum * v[s][head / group * size + i];
                    }
                }
            }
            result[t] = product(weights.get(prefix + "o_proj.weight"), mixed);
        }
        return result;
    }

    private double[] rotate(double[] x, int position) {
        int size = config.headWidth();
        int half = size / 2;
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int inHead = i % size;
            double angle = position * Math.pow(config.ropeTheta(), -(inHead % half) / (double) half);
            double partner = inHead < half ? -x[i + half] : x[i - half];
            y[i] = x[i] * Math.cos(angle) + partner * Math.sin(angle);
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
