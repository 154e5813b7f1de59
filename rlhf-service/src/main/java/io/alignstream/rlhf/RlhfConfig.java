package io.alignstream.rlhf;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.time.Duration;

/** What can be set, with defaults for the sample world; see README.md. */
@ConfigMapping(prefix = "alignstream.rlhf")
public interface RlhfConfig {

    Training training();

    GateThresholds gate();

    /** Name under which the aligned model is released and served. */
    @WithDefault("alignstream")
    String model();

    /** Time without a new prompt or checkpoint before a run starts. */
    @WithDefault("PT2S")
    Duration quiet();

    /** Iterations between two checkpoints. */
    @WithDefault("5")
    int checkpointIterations();

    /** Iterations between two comparisons with the SFT model on held-out prompts. */
    @WithDefault("5")
    int comparisonIterations();

    /** What shapes the policy's weights. */
    interface Training {

        /** Iterations: sample a batch, then update on it. */
        @WithDefault("30")
        int iterations();

        /** Prompts (episodes) in an iteration. */
        @WithDefault("64")
        int batch();

        /** Episodes in an optimiser step; divides {@code batch}. */
        @WithDefault("32")
        int minibatch();

        /** Passes over a batch. */
        @WithDefault("4")
        int epochs();

        /** Falls linearly to 0 over the iterations. */
        @WithDefault("1.5e-4")
        double policyLearningRate();

        /** Falls linearly to 0 over the iterations. */
        @WithDefault("3e-4")
        double criticLearningRate();

        /** First iterations, in which only the critic learns. */
        @WithDefault("3")
        int criticWarmUp();

        @WithDefault("1")
        double temperature();

        /** Longest answer, in tokens. */
        @WithDefault("24")
        int maxAnswerTokens();

        KullbackLeibler kl();

        /** Discount γ. */
        @WithDefault("1")
        double gamma();

        /** λ of generalised advantage estimation. */
        @WithDefault("0.95")
        double lambda();

        /** How far the probability ratio counts away from 1. */
        @WithDefault("0.2")
        double clip();

        /** How far a value counts away from the old one, in reward units. */
        @WithDefault("0.2")
        double valueClip();

        /** Multiplies the value loss. */
        @WithDefault("0.1")
        double valueCoefficient();

        /** Scores are cut off at plus and minus this. */
        @WithDefault("5")
        double scoreClip();

        /** Subtracted from the score of an answer that does not end; such a score is at most 0 before. */
        @WithDefault("1")
        double missingEndPenalty();
    }

    /** The penalty for drifting away from the SFT model; KL is the sum over an answer's tokens, in nats. */
    interface KullbackLeibler {

        /** β at the start. */
        @WithDefault("0.05")
        double coefficient();

        /** β moves so that the KL of an answer comes near this. */
        @WithDefault("6")
        double target();

        /** Episodes in which β may change by about 20 %; 0 keeps it fixed. */
        @WithDefault("10000")
        double horizon();

        /** A batch with a greater mean KL ends the run early. */
        @WithDefault("15")
        double bound();
    }

    /** What a candidate must reach on held-out prompts to be approved. */
    interface GateThresholds {

        /** Most held-out prompts that are used. */
        @WithDefault("256")
        int prompts();

        /** Part of the prompts that is held out where no prompt carries the tag {@code purpose}. */
        @WithDefault("0.1")
        double heldOut();

        /** Least part of the prompts where the reward model prefers the candidate's answer; ties count half. */
        @WithDefault("0.55")
        @WithName("win-rate")
        double winRate();

        /** Greatest mean KL of an answer from the SFT model, in nats. */
        @WithDefault("12")
        double kl();

        /** Least part of the answers that end by themselves. */
        @WithDefault("0.95")
        double endRate();

        /** Least gain in mean reward over the SFT model on held-out prompts, in rewards. */
        @WithDefault("0")
        double rewardGain();
    }
}
