package io.alignstream.pretrain;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * Settings of the service, {@code alignstream.pretrain.*}; see {@link PretrainSettings} for those of a run. The defaults
 * are the demo's.
 */
@ConfigMapping(prefix = "alignstream.pretrain")
public interface PretrainConfig {

    /** New training tokens after which a new base model is trained. */
    @WithDefault("10000000")
    long newTokens();

    /** Blocks of the network. */
    @WithDefault("4")
    int layers();

    /** Size of a hidden state, a multiple of 32. */
    @WithDefault("128")
    int width();

    /** Sequences a step. */
    @WithDefault("16")
    int batchSequences();

    /** Optimiser steps; 0 derives them from the epochs. */
    @WithDefault("1000")
    long steps();

    /** Passes over the data, used if the steps are 0. */
    @WithDefault("1")
    double epochs();

    /** Peak learning rate. */
    @WithDefault("0.003")
    double learningRate();

    /** Share of the steps in which the learning rate rises. */
    @WithDefault("0.05")
    double warmupShare();

    /** Share of the steps in which the learning rate falls. */
    @WithDefault("0.3")
    double decayShare();

    /** Last learning rate as a share of the peak. */
    @WithDefault("0.1")
    double finalShare();

    /** Decoupled weight decay of matrices. */
    @WithDefault("0.1")
    double weightDecay();

    /** Seed of the initial weights and of the order of the sequences. */
    @WithDefault("${alignstream.seed:1}")
    long seed();

    /** Sequences shuffled among each other in memory. */
    @WithDefault("8192")
    int shuffleWindow();

    /** Most validation sequences that are used. */
    @WithDefault("128")
    int validationSequences();

    /** Steps between two validations. */
    @WithDefault("100")
    int validateEvery();

    /** Steps between two checkpoints. */
    @WithDefault("200")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    Duration checkpointInterval();

    /** Settings of a run, validated. */
    default PretrainSettings settings() {
        return new PretrainSettings(
                layers(),
                width(),
                batchSequences(),
                steps(),
                epochs(),
                learningRate(),
                warmupShare(),
                decayShare(),
                finalShare(),
                weightDecay(),
                seed(),
                shuffleWindow(),
                validationSequences(),
                validateEvery(),
                checkpointEvery(),
                checkpointInterval());
    }
}
