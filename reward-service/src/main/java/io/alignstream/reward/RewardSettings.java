package io.alignstream.reward;

import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything configured about a run of the reward model; {@link RewardConfig} holds the range of each value.
 *
 * @param depthShare share of the SFT model's blocks that the reward model keeps, from the bottom; one block at least
 * @param epochs passes over the ranking requests
 * @param batchRequests ranking requests a step, each with all its rankings
 * @param memory that a step may take, which goes through the network in as many parts as that needs
 * @param precision of products and activations; the scalar head is computed in fp32
 * @param lora adapters that learn beside the scalar head instead of all weights; null: all weights
 * @param learningRate peak learning rate
 * @param warmupShare share of the steps in which the learning rate rises from 0; after it, it falls to 0
 * @param margin in the pair loss, for each point that two answers' scores (0 to 5) differ
 * @param centring coefficient of the squared sum of a pair's scores
 * @param heldOutShare share of the requests, chosen by what is asked, that is measured on and never learned
 * @param judgeShare share of the other requests, chosen by what is asked, that the judge learns from and the reward model
 *     does not
 * @param ensemble reward models of each criterion, 1 or more
 * @param referenceAnswers answers of the SFT model by which the finished model's scores are normalised
 * @param validateEvery steps between two evaluations on held-out requests
 * @param training when the state is stored, what happens when training fails, and when to give up getting better
 * @param seed of the order of the requests, of the new head and of the reference answers
 * @param shards parts of each step that workers share, a power of two; 1: one worker computes all
 */
public record RewardSettings(
        double depthShare,
        int epochs,
        int batchRequests,
        ActivationMemory memory,
        Precision precision,
        @Nullable LoraSettings lora,
        double learningRate,
        double warmupShare,
        double margin,
        double centring,
        double heldOutShare,
        double judgeShare,
        int ensemble,
        ReferenceAnswers referenceAnswers,
        int validateEvery,
        Trainer.Settings training,
        long seed,
        int shards) {

    public RewardSettings {
        if (Integer.bitCount(shards) != 1) {
            throw new IllegalArgumentException(
                    "alignstream.reward.shards is " + shards + " but must be a power of two");
        }
    }

    /**
     * Sampled answers whose scores get mean 0 and variance 1.
     *
     * @param count how many, at least
     * @param maxTokens longest one, in tokens
     */
    public record ReferenceAnswers(int count, int maxTokens) {}

    /** Blocks of the reward model of an SFT model with {@code layers}. */
    int layers(int layers) {
        return Math.max(1, (int) Math.round(depthShare * layers));
    }

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>();
        values.put("depthShare", Double.toString(depthShare));
        values.put("epochs", Integer.toString(epochs));
        values.put("batch", Integer.toString(batchRequests));
        values.put("learningRate", Double.toString(learningRate));
        values.put("warmUp", Double.toString(warmupShare));
        values.put("margin", Double.toString(margin));
        values.put("centring", Double.toString(centring));
        values.put("heldOut", Double.toString(heldOutShare));
        values.put("judgeShare", Double.toString(judgeShare));
        values.put("referenceAnswers", Integer.toString(referenceAnswers.count));
        values.put("maxAnswerTokens", Integer.toString(referenceAnswers.maxTokens));
        values.put("seed", Long.toString(seed));
        memory.addTo(values);
        if (precision != Precision.FLOAT32) {
            values.put("precision", precision.label());
        }
        if (lora != null) {
            lora.addTo(values);
        }
        if (shards > 1) {
            values.put(
                    "shards", Integer.toString(shards)); // not how many workers there are: weights do not depend on it
            // what all workers must do in the same step
            values.put("validateEvery", Integer.toString(validateEvery));
            values.put("checkpointEvery", Long.toString(training.saving().every()));
            values.put("recoveries", Integer.toString(training.healing().recoveries()));
        }
        if (ensemble > 1) {
            values.put("ensemble", Integer.toString(ensemble));
        }
        if (training.patience() > 0) {
            values.put("patience", Integer.toString(training.patience()));
            values.put("validateEvery", Integer.toString(validateEvery));
        }
        return values;
    }
}
