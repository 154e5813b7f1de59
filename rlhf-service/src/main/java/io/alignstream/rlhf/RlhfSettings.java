package io.alignstream.rlhf;

import io.alignstream.training.Trainer;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything configured about a run of RLHF; {@link RlhfConfig} holds the range of each value, here is checked what must go
 * together.
 *
 * @param sampling how answers are sampled
 * @param gamma discount γ
 * @param lambda λ of generalised advantage estimation
 * @param valueCoefficient multiplies the value loss
 * @param missingEndPenalty subtracted from the score of an answer that does not end
 * @param gate what a candidate must reach on held-out prompts to be approved
 * @param training when the state is stored, what happens when training fails, and when to give up getting better
 * @param seed of the episodes, their order and the sampled answers
 */
public record RlhfSettings(
        Batches batches,
        LearningRates learningRates,
        Sampling sampling,
        KullbackLeibler kl,
        double gamma,
        double lambda,
        Clipping clipping,
        double valueCoefficient,
        double missingEndPenalty,
        Holdout holdout,
        GateThresholds gate,
        Trainer.Settings training,
        long seed) {

    /**
     * How episodes, each a prompt with an answer, become optimiser steps.
     *
     * @param iterations each samples a batch and then updates on it
     * @param episodes episodes in an iteration
     * @param minibatchEpisodes episodes in an optimiser step; divides {@code episodes}
     * @param epochs passes over a batch
     */
    public record Batches(int iterations, int episodes, int minibatchEpisodes, int epochs) {
        public Batches {
            if (minibatchEpisodes < 1 || episodes % minibatchEpisodes != 0) {
                throw new IllegalArgumentException("alignstream.rlhf.training.minibatch-episodes is "
                        + minibatchEpisodes + " but must divide alignstream.rlhf.training.batch-episodes, which is "
                        + episodes);
            }
        }
    }

    /**
     * Learning rates at the start; both fall linearly to 0 over the iterations.
     *
     * @param criticWarmup first iterations, in which only the critic learns
     */
    public record LearningRates(double policy, double critic, int criticWarmup) {}

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
     */
    public record Holdout(int prompts, double share, int every) {}

    /**
     * What a candidate must reach.
     *
     * @param winRate least share of the prompts where the reward model prefers the candidate's answer; ties count half
     * @param kl greatest mean KL of an answer from the SFT model, in nats
     * @param endRate least share of the answers that end by themselves
     * @param rewardGain least gain in mean reward over the SFT model
     */
    public record GateThresholds(double winRate, double kl, double endRate, double rewardGain) {}

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>();
        values.put("iterations", Integer.toString(batches.iterations));
        values.put("batch", Integer.toString(batches.episodes));
        values.put("minibatch", Integer.toString(batches.minibatchEpisodes));
        values.put("epochs", Integer.toString(batches.epochs));
        values.put("policyLearningRate", Double.toString(learningRates.policy));
        values.put("criticLearningRate", Double.toString(learningRates.critic));
        values.put("criticWarmUp", Integer.toString(learningRates.criticWarmup));
        values.put("temperature", Double.toString(sampling.temperature));
        values.put("maxAnswerTokens", Integer.toString(sampling.maxAnswerTokens));
        values.put("kl.coefficient", Double.toString(kl.coefficient));
        values.put("kl.target", Double.toString(kl.target));
        values.put("kl.horizon", Double.toString(kl.horizon));
        values.put("kl.bound", Double.toString(kl.bound));
        values.put("gamma", Double.toString(gamma));
        values.put("lambda", Double.toString(lambda));
        values.put("clip", Double.toString(clipping.ratio));
        values.put("valueClip", Double.toString(clipping.value));
        values.put("valueCoefficient", Double.toString(valueCoefficient));
        values.put("scoreClip", Double.toString(clipping.score));
        values.put("missingEndPenalty", Double.toString(missingEndPenalty));
        values.put("seed", Long.toString(seed));
        if (training.patience() > 0) {
            values.put("patience", Integer.toString(training.patience()));
            values.put("validateEvery", Integer.toString(holdout.every));
        }
        return values;
    }
}
