package io.alignstream.pretrain;

import io.alignstream.languagemodel.torch.Precision;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Settings of the service, {@code alignstream.pretrain.*}; see {@link PretrainSettings} for those of a run. The defaults
 * are the demo's.
 */
@ConfigMapping(prefix = "alignstream.pretrain")
public interface PretrainConfig {

    /** New training tokens after which the next base model is made. */
    @WithDefault("10000000")
    long newTokens();

    /** The one dial, 1 to 64: gives layers, width, batch, steps and learning rate where these are not set. */
    @WithDefault("4")
    int depth();

    /** Blocks of the network. */
    OptionalInt layers();

    /** Size of a hidden state, a multiple of 32. */
    OptionalInt width();

    /** Sequences a step. */
    OptionalInt batchSequences();

    /** Parts in which a step's sequences go through the network: the same gradient in less memory. */
    @WithDefault("1")
    int accumulation();

    /** Optimiser steps of the first run; 0 derives them from the epochs. */
    OptionalLong steps();

    /** Passes over the data, used if the steps are 0. */
    @WithDefault("1")
    double epochs();

    /** Peak learning rate. */
    OptionalDouble learningRate();

    /** Share of the first run's steps in which the learning rate rises. */
    @WithDefault("0.05")
    double warmupShare();

    /** Share of a run's steps in which the learning rate falls. */
    @WithDefault("0.6")
    double decayShare();

    /** Fewest steps in which the learning rate falls when a later run continues the training. */
    @WithDefault("100")
    long leastDecaySteps();

    /** Last learning rate as a share of the peak. */
    @WithDefault("0")
    double finalShare();

    /** Decoupled weight decay of matrices. */
    @WithDefault("0.1")
    double weightDecay();

    /** Decay of the second moment. */
    @WithDefault("0.95")
    double beta2();

    /** Gradients with a greater global norm are scaled down to it. */
    @WithDefault("1")
    double maxNorm();

    /** Muon's momentum for the matrices of the blocks; 0 lets them learn by AdamW. */
    @WithDefault("0.95")
    double muonMomentum();

    /** Number format of products and activations: float32, bfloat16, or auto for what this processor is fastest with. */
    @WithDefault("float32")
    String precision();

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

    /** Validations without a better one after which the run ends and its best model is published; 0: never. */
    @WithDefault("5")
    int patience();

    /** Most times that a failing run goes back to an earlier checkpoint before it gives up. */
    @WithDefault("8")
    int recoveries();

    /** A loss of more than so many times its moving average (and half a nat) is a failure. */
    @WithDefault("2")
    double spikeFactor();

    /** Multiplies the learning rate where skipping a window of data did not help. */
    @WithDefault("0.3")
    double recoveryLearningRateFactor();

    /** Steps between two checkpoints. */
    @WithDefault("200")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    Duration checkpointInterval();

    /** Settings of a run, validated. */
    default PretrainSettings settings() {
        Depth depth = new Depth(depth());
        return new PretrainSettings(
                new PretrainSettings.Network(layers().orElse(depth.layers()), width().orElse(depth.width())),
                new PretrainSettings.Batches(
                        batchSequences().orElse(depth.batchSequences()), accumulation(), shuffleWindow()),
                new Schedule(
                        steps().orElse(depth.steps()),
                        epochs(),
                        learningRate().orElse(depth.learningRate()),
                        warmupShare(),
                        decayShare(),
                        leastDecaySteps(),
                        finalShare()),
                new PretrainSettings.Optimiser(
                        weightDecay(), beta2(), maxNorm(), muonMomentum(), Precision.of(precision())),
                new PretrainSettings.Holdout(validationSequences(), validateEvery(), patience()),
                new PretrainSettings.Healing(recoveries(), spikeFactor(), recoveryLearningRateFactor()),
                new PretrainSettings.Saving(checkpointEvery(), checkpointInterval()),
                seed());
    }
}
