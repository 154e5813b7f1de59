package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.rlhf.RlhfConfig;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything configured about a run of RLHF; {@link RlhfConfig} holds the range of each value, here is checked what must go
 * together.
 *
 * @param algorithm what of the following is used: batches and what stands before {@code grpo} by PPO and GRPO
 * @param retention what keeps every algorithm's policy from forgetting
 * @param lora adapters of policy and critic that learn instead of their weights; null: the weights
 * @param sampling how answers are sampled
 * @param gamma discount γ
 * @param lambda λ of generalised advantage estimation
 * @param valueCoefficient multiplies the value loss
 * @param missingEndPenalty subtracted from the score of an answer that does not end
 * @param lengthPenalty subtracted from the score for each token that an answer is longer than the SFT model's in the mean
 * @param reward how the scores of several reward models become one, and those of several judges
 * @param gate what a candidate must reach on held-out prompts to be approved
 * @param training when the state is stored, what happens when training fails, and when to give up getting better
 * @param seed of the episodes, their order and the sampled answers
 */
public record RlhfSettings(
        Algorithm algorithm,
        Batches batches,
        LearningRates learningRates,
        Retention retention,
        @Nullable LoraSettings lora,
        Sampling sampling,
        KullbackLeibler kl,
        double gamma,
        double lambda,
        Clipping clipping,
        double valueCoefficient,
        double missingEndPenalty,
        double lengthPenalty,
        RewardEnsemble.Combination reward,
        Grpo grpo,
        Dpo dpo,
        Holdout holdout,
        Gate.Thresholds gate,
        Trainer.Settings training,
        long seed) {

    /** Multiplies the learning rates of a run that went back. */
    public static final double RECOVERY_FACTOR = 0.3;

    /**
     * How episodes, each a prompt with an answer, become optimiser steps.
     *
     * @param iterations each samples a batch and then updates on it
     * @param episodes episodes in an iteration
     * @param minibatchEpisodes episodes in an optimiser step; divides {@code episodes}
     * @param epochs passes over a batch
     * @param memory that an optimiser step may take, which goes through the network in as many parts as that needs
     * @param precision of products and activations; log probabilities and values are computed in fp32 from these
     * @param shards parts of each step, and of the answers that it learns from, that workers share, a power of two; 1: one
     *     worker computes all
     */
    public record Batches(
            int iterations,
            int episodes,
            int minibatchEpisodes,
            int epochs,
            ActivationMemory memory,
            Precision precision,
            int shards) {
        public Batches {
            if (Integer.bitCount(shards) != 1) {
                throw new IllegalArgumentException(
                        "alignstream.rlhf.shards is " + shards + " but must be a power of two");
            }
            if (minibatchEpisodes < 1 || episodes % minibatchEpisodes != 0) {
                throw new IllegalArgumentException("alignstream.rlhf.training.minibatch-episodes is "
                        + minibatchEpisodes + " but must divide alignstream.rlhf.training.batch-episodes, which is "
                        + episodes);
            }
        }

        /** By how much the ratio may differ from 1 before the first update on a batch. */
        double ratioTolerance() {
            return precision == Precision.FLOAT32 ? 1e-3 : 0.1;
        }

        /**
         * By how many nats the fp32 sampler with its cache may differ from scoring whole rows: fp32 sums in another order,
         * bf16 keeps 8 bits.
         */
        double samplingTolerance() {
            return precision == Precision.FLOAT32 ? 1e-2 : 0.5;
        }
    }

    /**
     * Learning rates at the start; both fall linearly to 0 over the iterations.
     *
     * @param criticWarmup first iterations, in which only the critic learns
     */
    public record LearningRates(double policy, double critic, int criticWarmup) {}

    /**
     * What a policy keeps of the SFT model.
     *
     * @param trainableShare of its blocks, from the last one, that learn; 1: all weights
     * @param own how much the SFT model writes itself
     * @param coefficient multiplies the loss on those that are rehearsed
     */
    public record Retention(double trainableShare, OwnWriting.Counts own, double coefficient) {}

    /**
     * Answers to prompts.
     *
     * @param temperature divides the logits before a token is drawn
     * @param maxAnswerTokens longest answer, in tokens
     */
    public record Sampling(double temperature, int maxAnswerTokens) {}

    /**
     * The penalty for drifting away from the SFT model; KL is the sum over an answer's tokens, in nats.
     *
     * @param coefficient β at the start
     * @param target β moves so that the KL of an answer comes near this
     * @param horizon episodes in which β may change by about 20 %; 0 keeps it fixed
     * @param bound a batch with a greater mean KL ends the run early
     */
    public record KullbackLeibler(double coefficient, double target, double horizon, double bound) {}

    /**
     * What is cut off.
     *
     * @param ratio how far the probability ratio counts away from 1
     * @param value how far a value counts away from the old one, in reward units
     * @param score scores are cut off at plus and minus this
     */
    public record Clipping(double ratio, double value, double score) {}

    /**
     * What is measured on prompts that the policy never learns from.
     *
     * @param prompts most held-out prompts that are used
     * @param share of the prompts that is held out, chosen by what is asked, where people have tagged none
     * @param every iterations between two comparisons with the SFT model
     * @param answers to each prompt by which the gate decides; comparisons on the way take one
     */
    public record Holdout(int prompts, double share, int every, int answers) {}

    /** How the policy is aligned. */
    public enum Algorithm {
        /** Proximal policy optimisation, with a critic. */
        PPO,
        /** Group relative policy optimisation: the other answers to the prompt take the critic's place. */
        GRPO,
        /** Direct preference optimisation, from the rankings without a reward model. */
        DPO;

        /** In figures, settings and runs. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The one with this {@link #label}. */
        public static Algorithm of(String label) {
            return valueOf(label.toUpperCase(Locale.ROOT));
        }
    }

    /** What an answer is measured by among the answers to its prompt. */
    public enum Advantage {
        /** How far its score is above the mean of all, in standard deviations; the KL penalty is part of the loss. */
        GROUP_NORMALISED,
        /** How far its score, the KL penalty subtracted, is above the mean of the others (RLOO). */
        LEAVE_ONE_OUT;

        /** The one that settings call {@code name}. */
        public static Advantage of(String name) {
            return valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
        }
    }

    /**
     * Of GRPO.
     *
     * @param group answers to a prompt, 2 at least
     */
    public record Grpo(int group, Advantage advantage) {}

    /**
     * Of DPO.
     *
     * @param beta the greater, the nearer the policy stays to the SFT model
     * @param epochs passes over the ranked requests
     * @param batchRequests ranked requests in a step, each with all its pairs
     * @param learningRate at the peak, after a warm-up of a tenth of the steps; falls linearly to 0
     * @param validateEvery steps between two comparisons with the SFT model
     */
    public record Dpo(double beta, int epochs, int batchRequests, double learningRate, int validateEvery) {}

    public RlhfSettings {
        if (algorithm == Algorithm.GRPO && batches.minibatchEpisodes % grpo.group != 0) {
            throw new IllegalArgumentException("alignstream.rlhf.grpo.answers is " + grpo.group
                    + " but must divide alignstream.rlhf.training.minibatch-episodes, which is "
                    + batches.minibatchEpisodes);
        }
    }

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>();
        switch (algorithm) {
            case PPO -> putPpo(values);
            case GRPO -> {
                putSampled(values);
                values.put("algorithm", algorithm.label());
                values.put("grpo.group", Integer.toString(grpo.group));
                values.put("grpo.advantage", grpo.advantage.name());
            }
            case DPO -> {
                values.put("algorithm", algorithm.label());
                values.put("dpo.beta", Double.toString(dpo.beta));
                values.put("dpo.epochs", Integer.toString(dpo.epochs));
                values.put("dpo.batch", Integer.toString(dpo.batchRequests));
                values.put("minibatch", Integer.toString(batches.minibatchEpisodes)); // of what is rehearsed
                values.put("maxAnswerTokens", Integer.toString(sampling.maxAnswerTokens));
                values.put("dpo.learningRate", Double.toString(dpo.learningRate));
                values.put("temperature", Double.toString(sampling.temperature));
            }
        }
        values.put("heldOut", Double.toString(holdout.share));
        values.put("trainableShare", Double.toString(retention.trainableShare));
        values.put("rehearsal.conversations", Integer.toString(retention.own.asked()));
        values.put("rehearsal.openings", Integer.toString(retention.own.opened()));
        values.put("rehearsal.documents", Integer.toString(retention.own.documents()));
        values.put("rehearsal.coefficient", Double.toString(retention.coefficient));
        values.put("seed", Long.toString(seed));
        batches.memory.addTo(values);
        if (batches.shards > 1) {
            values.put(
                    "shards",
                    Integer.toString(batches.shards)); // not how many workers there are: weights do not depend on it
            // what all workers must do in the same step
            values.put(
                    "validateEvery", Integer.toString(algorithm == Algorithm.DPO ? dpo.validateEvery : holdout.every));
            values.put("checkpointEvery", Long.toString(training.saving().every()));
            values.put("recoveries", Integer.toString(training.healing().recoveries()));
        }
        if (batches.precision != Precision.FLOAT32) {
            values.put("precision", batches.precision.label());
        }
        if (lora != null) {
            lora.addTo(values);
        }
        if (reward.uncertainty() != 1) {
            values.put("reward.uncertainty", Double.toString(reward.uncertainty()));
        }
        reward.weights().forEach((criterion, weight) -> values.put("reward.weight." + criterion, weight.toString()));
        if (training.patience() > 0) {
            values.put("patience", Integer.toString(training.patience()));
            values.put(
                    "validateEvery", Integer.toString(algorithm == Algorithm.DPO ? dpo.validateEvery : holdout.every));
            // What decides which model is the best.
            values.put("validationPrompts", Integer.toString(holdout.prompts));
            values.put("validationAnswers", Integer.toString(holdout.answers));
            values.put("knowledgeLoss", Double.toString(gate.knowledgeLoss()));
            values.put("gate.documentKl", Double.toString(gate.documentKl()));
            values.put("gate.kl", Double.toString(gate.kl()));
            values.put("gate.endRate", Double.toString(gate.endRate()));
            values.put("gate.scoreGain", Double.toString(gate.scoreGain()));
            values.put("gate.lengthRatio", Double.toString(gate.lengthRatio()));
        }
        return values;
    }

    private void putPpo(Map<String, String> values) {
        putSampled(values);
        values.put("criticLearningRate", Double.toString(learningRates.critic));
        values.put("criticWarmUp", Integer.toString(learningRates.criticWarmup));
        values.put("gamma", Double.toString(gamma));
        values.put("lambda", Double.toString(lambda));
        values.put("valueClip", Double.toString(clipping.value));
        values.put("valueCoefficient", Double.toString(valueCoefficient));
    }

    /** Of an algorithm that learns from sampled answers. */
    private void putSampled(Map<String, String> values) {
        values.put("iterations", Integer.toString(batches.iterations));
        values.put("batch", Integer.toString(batches.episodes));
        values.put("minibatch", Integer.toString(batches.minibatchEpisodes));
        values.put("epochs", Integer.toString(batches.epochs));
        values.put("policyLearningRate", Double.toString(learningRates.policy));
        values.put("temperature", Double.toString(sampling.temperature));
        values.put("maxAnswerTokens", Integer.toString(sampling.maxAnswerTokens));
        values.put("kl.coefficient", Double.toString(kl.coefficient));
        values.put("kl.target", Double.toString(kl.target));
        values.put("kl.horizon", Double.toString(kl.horizon));
        values.put("kl.bound", Double.toString(kl.bound));
        values.put("clip", Double.toString(clipping.ratio));
        values.put("scoreClip", Double.toString(clipping.score));
        values.put("missingEndPenalty", Double.toString(missingEndPenalty));
        if (lengthPenalty > 0) {
            values.put("lengthPenalty", Double.toString(lengthPenalty));
        }
    }
}
