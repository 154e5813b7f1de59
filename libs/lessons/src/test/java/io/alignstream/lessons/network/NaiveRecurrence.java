package io.alignstream.lessons.network;

import java.util.Map;

/** The recurrent network in plain loops over doubles, written from the cells' formulas. */
final class NaiveRecurrence {

    private final Cell cell;
    private final int layers;
    private final int width;
    private final Map<String, float[]> weights;

    NaiveRecurrence(Cell cell, int layers, int width, Map<String, float[]> weights) {
        this.cell = cell;
        this.layers = layers;
        this.width = width;
        this.weights = weights;
    }

    /** Of every token after each one of {@code row}, {@code [time][vocabulary]}. */
    double[][] logProbabilities(int... row) {
        double[][] states = new double[layers][width];
        double[][] cells = new double[layers][width];
        double[][] result = new double[row.length][];
        for (int t = 0; t < row.length; t++) {
            double[] x = new double[width];
            for (int i = 0; i < width; i++) {
                x[i] = Math.sqrt(width) * weights.get("embedding.weight")[row[t] * width + i];
            }
            for (int layer = 0; layer < layers; layer++) {
                states[layer] = next(layer, x, states[layer], cells[layer]);
                x = states[layer];
            }
            result[t] = output(x);
        }
        return result;
    }

    private double[] next(int layer, double[] x, double[] h, double[] c) {
        double[] result = new double[width];
        for (int i = 0; i < width; i++) {
            switch (cell) {
                case RNN -> result[i] = Math.tanh(input(layer, 0, i, x) + state(layer, 0, i, h));
                case LSTM -> {
                    double in = sigmoid(input(layer, 0, i, x) + state(layer, 0, i, h));
                    double forget = sigmoid(input(layer, 1, i, x) + state(layer, 1, i, h));
                    double candidate = Math.tanh(input(layer, 2, i, x) + state(layer, 2, i, h));
                    double out = sigmoid(input(layer, 3, i, x) + state(layer, 3, i, h));
                    c[i] = forget * c[i] + in * candidate;
                    result[i] = out * Math.tanh(c[i]);
                }
                case GRU -> {
                    double reset = sigmoid(input(layer, 0, i, x) + state(layer, 0, i, h));
                    double update = sigmoid(input(layer, 1, i, x) + state(layer, 1, i, h));
                    double candidate = Math.tanh(input(layer, 2, i, x) + reset * state(layer, 2, i, h));
                    result[i] = (1 - update) * candidate + update * h[i];
                }
            }
        }
        return result;
    }

    private double input(int layer, int gate, int i, double[] x) {
        return affine("layers." + layer + ".input", gate * width + i, x);
    }

    private double state(int layer, int gate, int i, double[] h) {
        return affine("layers." + layer + ".state", gate * width + i, h);
    }

    private double affine(String name, int row, double[] x) {
        double sum = weights.get(name + ".bias")[row];
        for (int k = 0; k < width; k++) {
            sum += weights.get(name + ".weight")[row * width + k] * x[k];
        }
        return sum;
    }

    private double[] output(double[] x) {
        float[] bias = weights.get("output.bias");
        double[] logits = new double[bias.length];
        double sum = 0;
        for (int token = 0; token < logits.length; token++) {
            logits[token] = bias[token];
            for (int k = 0; k < width; k++) {
                logits[token] += weights.get("embedding.weight")[token * width + k] * x[k];
            }
            sum += Math.exp(logits[token]);
        }
        for (int token = 0; token < logits.length; token++) {
            logits[token] -= Math.log(sum);
        }
        return logits;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
