package io.alignstream.reward;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What can be set, with defaults for the sample world; see README.md. */
@ConfigMapping(prefix = "alignstream.reward")
public interface RewardConfig {

    Training training();

    Sampling sampling();

    /** Rankings needed before the first training. */
    @WithDefault("200")
    int minimumRankings();

    /** New rankings after which the reward model is trained again. */
    @WithDefault("200")
    int newRankings();

    /** Time without a new ranking before a training starts. */
    @WithDefault("PT2S")
    Duration quiet();

    /** Steps between two checkpoints, with an evaluation each. */
    @WithDefault("25")
    int checkpointSteps();

    /** What shapes the reward model's weights. */
    interface Training {

        /** Blocks of the SFT model that the reward model keeps, from the bottom; at most as many as there are. */
        @WithDefault("3")
        int layers();

        /** Passes over the ranking requests. */
        @WithDefault("5")
        int epochs();

        /** Ranking requests in a step. */
        @WithDefault("8")
        int batch();

        /** Highest learning rate: reached after the warm-up, then falling linearly to 0. */
        @WithDefault("5e-4")
        double learningRate();

        /** Part of all steps in which the learning rate rises. */
        @WithDefault("0.1")
        double warmUp();

        /** Margin in the pair loss for each point that two answers' scores (0 to 5) differ. */
        @WithDefault("0")
        double margin();

        /** Coefficient of the squared sum of a pair's scores. */
        @WithDefault("0.01")
        double centring();

        /** Part of the prompts that is only used to measure. */
        @WithDefault("0.1")
        double heldOut();

        /** Answers of the SFT model whose scores get mean 0 and variance 1. */
        @WithDefault("256")
        int referenceAnswers();

        /** Longest reference answer, in tokens. */
        @WithDefault("24")
        int maxAnswerTokens();
    }

    /** How answers are sampled for people to rank. */
    interface Sampling {

        /** Answers to a prompt, K. */
        @WithDefault("4")
        int answers();

        /** Most prompts of one SFT model that are sent out to be ranked. */
        @WithDefault("100")
        int prompts();

        @WithDefault("1")
        double temperature();

        /** Longest answer, in tokens. */
        @WithDefault("24")
        int maxAnswerTokens();
    }
}
