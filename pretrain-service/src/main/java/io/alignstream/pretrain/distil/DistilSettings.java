package io.alignstream.pretrain.distil;

import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.training.Trainer;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is said about a student and how it learns.
 *
 * @param layers blocks of the student, 1 or more
 * @param width size of its hidden state, a multiple of 64: that of its heads is 32, and int8 shares a scale among 64 numbers
 * @param positions tokens of its longest text, 16 or more; documents are cut into rows of so many
 * @param batch rows a step
 * @param steps optimiser steps
 * @param learningRate peak learning rate
 * @param temperature that divides the logits of both in the divergence, above 0
 * @param share of the divergence in the loss, 0 to 1; 0: the teacher is not asked
 * @param validateEvery steps between two looks at what is held out
 * @param seed of weights, order and sampled answers
 */
public record DistilSettings(
        int layers,
        int width,
        int positions,
        int batch,
        long steps,
        double learningRate,
        double temperature,
        double share,
        int validateEvery,
        Trainer.Settings training,
        long seed) {

    public DistilSettings {
        require("layers", layers, layers >= 1, "at least 1");
        require("width", width, width >= 64 && width % 64 == 0, "a multiple of 64");
        require("positions", positions, positions >= 16, "at least 16");
        require("batch", batch, batch >= 1, "at least 1");
        require("steps", steps, steps >= 1, "at least 1");
        require("learning-rate", learningRate, learningRate > 0 && learningRate <= 1, "above 0 and at most 1");
        require("temperature", temperature, temperature > 0 && temperature <= 100, "above 0 and at most 100");
        require("share", share, share >= 0 && share <= 1, "0 to 1");
        require("validate-every", validateEvery, validateEvery >= 1, "at least 1");
    }

    private static void require(String name, Number value, boolean holds, String range) {
        if (!holds) {
            throw new IllegalArgumentException("--" + name + " is " + value + " but must be " + range);
        }
    }

    /** Shape of the student of {@code teacher}: the same token ids. */
    public TransformerConfig shape(TransformerConfig teacher) {
        return TransformerConfig.of(teacher.vocabularySize(), layers, width, positions);
    }

    /** The same without a teacher: what the student is compared with. */
    public DistilSettings alone() {
        return new DistilSettings(
                layers, width, positions, batch, steps, learningRate, temperature, 0, validateEvery, training, seed);
    }

    /**
     * What the weights depend on.
     *
     * @param text hash of the rows
     * @param teacher hash of the teacher, in a run that asks it
     */
    Map<String, String> hyperparameters(String text, String teacher) {
        Map<String, String> values = new TreeMap<>();
        values.put("layers", Integer.toString(layers));
        values.put("width", Integer.toString(width));
        values.put("positions", Integer.toString(positions));
        values.put("batch", Integer.toString(batch));
        values.put("steps", Long.toString(steps));
        values.put("learningRate", Double.toString(learningRate));
        values.put("share", Double.toString(share));
        if (share > 0) {
            values.put("temperature", Double.toString(temperature));
            values.put("teacher", teacher);
        }
        values.put("validateEvery", Integer.toString(validateEvery));
        values.put("checkpointEvery", Long.toString(training.saving().every()));
        values.put("recoveries", Integer.toString(training.healing().recoveries()));
        values.put(
                "recoveryLearningRateFactor", Double.toString(training.healing().learningRateFactor()));
        values.put("seed", Long.toString(seed));
        values.put("text", text);
        return values;
    }
}
