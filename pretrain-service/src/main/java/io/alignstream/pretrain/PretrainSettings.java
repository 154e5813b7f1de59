package io.alignstream.pretrain;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything configured about a pretraining run.
 *
 * @param layers blocks of the network
 * @param width size of a hidden state; a multiple of 32, the size of a head
 * @param batchSequences sequences a step
 * @param steps optimiser steps; 0 derives them from {@code epochs}
 * @param epochs passes over the data, used if {@code steps} is 0
 * @param learningRate peak learning rate
 * @param warmupShare share of the steps in which the learning rate rises from 0
 * @param decayShare share of the steps, at the end, in which it falls to {@code finalShare}
 * @param finalShare last learning rate as a share of the peak
 * @param weightDecay of AdamW, on matrices only
 * @param seed of the initial weights and of the order of the sequences
 * @param shuffleWindow sequences held in memory and shuffled among each other; 1 keeps the order of the data
 * @param validationSequences most validation sequences that are used
 * @param validateEvery steps between two validations
 * @param checkpointEvery steps between two checkpoints
 * @param checkpointInterval most time between two checkpoints; does not change the weights
 */
public record PretrainSettings(
        int layers,
        int width,
        int batchSequences,
        long steps,
        double epochs,
        double learningRate,
        double warmupShare,
        double decayShare,
        double finalShare,
        double weightDecay,
        long seed,
        int shuffleWindow,
        int validationSequences,
        int validateEvery,
        int checkpointEvery,
        Duration checkpointInterval) {

    public PretrainSettings {
        between("layers", layers, 1, 1_000);
        between("width", width, 32, 65_536);
        between("batchSequences", batchSequences, 1, 1_000_000);
        between("steps", steps, 0, 1_000_000_000);
        between("epochs", epochs, steps > 0 ? 0 : 1e-9, 1_000_000);
        between("learningRate", learningRate, 0, 1);
        between("warmupShare", warmupShare, 0, 1);
        between("decayShare", decayShare, 0, 1 - warmupShare);
        between("finalShare", finalShare, 0, 1);
        between("weightDecay", weightDecay, 0, 1);
        between("shuffleWindow", shuffleWindow, 1, 10_000_000);
        between("validationSequences", validationSequences, 0, 1_000_000);
        between("validateEvery", validateEvery, 1, Integer.MAX_VALUE);
        between("checkpointEvery", checkpointEvery, 1, Integer.MAX_VALUE);
        between("checkpointInterval (seconds)", checkpointInterval.toSeconds(), 1, Integer.MAX_VALUE);
        if (width % 32 != 0) {
            throw new IllegalArgumentException("width is " + width + " but must be a multiple of 32");
        }
    }

    /** Optimiser steps of a run on {@code sequences} training sequences. */
    public long totalSteps(long sequences) {
        return steps > 0 ? steps : Math.max(1, (long) Math.ceil(epochs * sequences / batchSequences));
    }

    /** Learning rate of step {@code step} (from 0) of {@code totalSteps}: warm-up, stable, decay, each linear. */
    public double learningRate(long step, long totalSteps) {
        double warmup = Math.max(1, warmupShare * totalSteps);
        double decay = Math.max(1, decayShare * totalSteps);
        double rising = Math.min(1, (step + 1) / warmup);
        double falling = Math.min(1, (totalSteps - step) / decay);
        return learningRate * rising * (finalShare + (1 - finalShare) * falling);
    }

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>();
        values.put("layers", Integer.toString(layers));
        values.put("width", Integer.toString(width));
        values.put("batchSequences", Integer.toString(batchSequences));
        values.put("steps", Long.toString(steps));
        values.put("epochs", Double.toString(epochs));
        values.put("learningRate", Double.toString(learningRate));
        values.put("warmupShare", Double.toString(warmupShare));
        values.put("decayShare", Double.toString(decayShare));
        values.put("finalShare", Double.toString(finalShare));
        values.put("weightDecay", Double.toString(weightDecay));
        values.put("seed", Long.toString(seed));
        values.put("shuffleWindow", Integer.toString(shuffleWindow));
        values.put("validationSequences", Integer.toString(validationSequences));
        return values;
    }

    private static void between(String name, double value, double least, double greatest) {
        if (!(value >= least && value <= greatest)) {
            throw new IllegalArgumentException(
                    name + " is " + value + " but must lie between " + least + " and " + greatest);
        }
    }
}
