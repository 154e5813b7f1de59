package io.alignstream.sft;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything configured about a fine-tuning run.
 *
 * @param epochs passes over the conversations
 * @param batchConversations conversations a step
 * @param learningRate peak learning rate
 * @param warmupShare share of the steps in which the learning rate rises from 0; after it, it falls to 0
 * @param seed of the order of the conversations
 * @param heldOutShare share of the instructions, chosen by their id, that is measured on and never learned
 * @param validateEvery steps between two validations
 * @param checkpointEvery steps between two checkpoints
 * @param checkpointInterval most time between two checkpoints; does not change the weights
 */
public record SftSettings(
        int epochs,
        int batchConversations,
        double learningRate,
        double warmupShare,
        long seed,
        double heldOutShare,
        int validateEvery,
        int checkpointEvery,
        Duration checkpointInterval) {

    public SftSettings {
        between("epochs", epochs, 1, 100_000);
        between("batchConversations", batchConversations, 1, 100_000);
        between("learningRate", learningRate, 0, 1);
        between("warmupShare", warmupShare, 0, 1);
        between("heldOutShare", heldOutShare, 0, 0.5);
        between("validateEvery", validateEvery, 1, Integer.MAX_VALUE);
        between("checkpointEvery", checkpointEvery, 1, Integer.MAX_VALUE);
        between("checkpointInterval (seconds)", checkpointInterval.toSeconds(), 1, Integer.MAX_VALUE);
    }

    /** Learning rate of step {@code step} (from 0) of {@code totalSteps}: linear warm-up, then linear decay. */
    public double learningRate(long step, long totalSteps) {
        double warmup = Math.max(1, warmupShare * totalSteps);
        double rising = (step + 1) / warmup;
        double falling = (totalSteps - step) / Math.max(1, totalSteps - warmup);
        return learningRate * Math.min(1, Math.min(rising, falling));
    }

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>();
        values.put("epochs", Integer.toString(epochs));
        values.put("batchConversations", Integer.toString(batchConversations));
        values.put("learningRate", Double.toString(learningRate));
        values.put("warmupShare", Double.toString(warmupShare));
        values.put("seed", Long.toString(seed));
        values.put("heldOutShare", Double.toString(heldOutShare));
        return values;
    }

    private static void between(String name, double value, double least, double greatest) {
        if (!(value >= least && value <= greatest)) {
            throw new IllegalArgumentException(
                    name + " is " + value + " but must lie between " + least + " and " + greatest);
        }
    }
}
