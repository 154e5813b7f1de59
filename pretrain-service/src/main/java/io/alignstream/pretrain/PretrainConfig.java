package io.alignstream.pretrain;

import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.MultipleOf;
import io.alignstream.stageruntime.settings.OneOf;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Settings of the service, {@code alignstream.pretrain.*}; see {@link PretrainSettings} for those of a run. The defaults
 * are the demo's.
 */
@Consistent("settings")
@ConfigMapping(prefix = "alignstream.pretrain")
public interface PretrainConfig {

    /** New training tokens after which the next base model is made. */
    @WithDefault("10000000")
    @Between(least = "1", greatest = "1000000000000000")
    long newTokens();

    /**
     * What a model learns: next-token, to go on with a text, as all other stages need it; or masked, to fill blanks from both
     * sides (BERT's objective), for inference-service's explorer and for export. Frozen with a run.
     */
    @WithDefault("next-token")
    @OneOf({"next-token", "masked"})
    String objective();

    /** The one dial: gives layers, width, batch, steps and learning rate where these are not set. */
    @WithDefault("4")
    @Between(least = "1", greatest = "64")
    int depth();

    /** Blocks of the network; from the depth if not set. */
    @Between(least = "1", greatest = "1000")
    OptionalInt layers();

    /** Size of a hidden state, a multiple of 32, the size of a head; from the depth if not set. */
    @Between(least = "32", greatest = "65536")
    @MultipleOf(32)
    OptionalInt width();

    /** Sequences a step; from the depth if not set. */
    @Between(least = "1", greatest = "1000000")
    OptionalInt batchSequences();

    /**
     * Parts of each step that workers share, a power of two that divides its sequences, frozen with a run: at most so many workers
     * train together, and weights do not depend on how many there are. 1: one worker trains.
     */
    @WithDefault("1")
    @Between(least = "1", greatest = "64")
    int shards();

    /**
     * What workers share: exact, the gradients of each step; or local-sgd (DiLoCo), what a replica for each shard has come to in
     * several steps by itself, for slow networks. Frozen with a run.
     */
    @WithDefault("exact")
    @OneOf({"exact", "local-sgd"})
    String sharing();

    /** Settings of the sharing local-sgd. */
    LocalSgd localSgd();

    /** Memory for what a step keeps for its backward pass; a larger batch goes through the network in parts. */
    @WithDefault("${alignstream.activation-mebibytes:1024}")
    @Between(least = "1", greatest = "16777216")
    int activationMebibytes();

    /** Whether the backward pass computes the blocks again instead of keeping them: less memory, a third more time. */
    @WithDefault("${alignstream.activation-checkpointing:false}")
    boolean activationCheckpointing();

    /** Optimiser steps of the first run; 0 derives them from the epochs; from the depth if not set. */
    @Between(least = "0", greatest = "1000000000")
    OptionalLong steps();

    /** Passes over the data, used if the steps are 0. */
    @WithDefault("1")
    @Between(least = "0", greatest = "1000000")
    double epochs();

    /** Peak learning rate; from the depth if not set. */
    @Between(least = "0", greatest = "1")
    OptionalDouble learningRate();

    /** Share of the first run's steps in which the learning rate rises. */
    @WithDefault("0.05")
    @Between(least = "0", greatest = "1")
    double warmupShare();

    /** Share of a run's steps in which the learning rate falls; with the warm-up's at most 1. */
    @WithDefault("0.6")
    @Between(least = "0", greatest = "1")
    double decayShare();

    /** Fewest steps in which the learning rate falls when a later run continues the training. */
    @WithDefault("100")
    @Between(least = "1", greatest = "1000000000")
    long leastDecaySteps();

    /** Last learning rate as a share of the peak. */
    @WithDefault("0")
    @Between(least = "0", greatest = "1")
    double finalShare();

    /** Decoupled weight decay of matrices. */
    @WithDefault("0.1")
    @Between(least = "0", greatest = "1")
    double weightDecay();

    /** Decay of the second moment. */
    @WithDefault("0.95")
    @Between(least = "0", greatest = "0.999999")
    double beta2();

    /** Gradients with a greater global norm are scaled down to it. */
    @WithDefault("1")
    @Between(least = "0.000001", greatest = "1000000")
    double maxNorm();

    /** Muon's momentum for the matrices of the blocks; 0 lets them learn by AdamW. */
    @WithDefault("0.95")
    @Between(least = "0", greatest = "0.999999")
    double muonMomentum();

    /** Number format of products and activations: float32, bfloat16, or auto for what this processor is fastest with. */
    @WithDefault("float32")
    @OneOf({"float32", "bfloat16", "auto"})
    String precision();

    /** Seed of the initial weights and of the order of the sequences. */
    @WithDefault("${alignstream.seed:1}")
    long seed();

    /** Sequences shuffled among each other in memory. */
    @WithDefault("8192")
    @Between(least = "1", greatest = "10000000")
    int shuffleWindow();

    /** Most validation sequences that are used. */
    @WithDefault("128")
    @Between(least = "0", greatest = "1000000")
    int validationSequences();

    /** Steps between two validations. */
    @WithDefault("100")
    @Between(least = "1", greatest = "2147483647")
    int validateEvery();

    /** Validations without a better one after which the run ends and its best model is published; 0: never. */
    @WithDefault("5")
    @Between(least = "0", greatest = "1000000")
    int patience();

    /** Most times that a failing run goes back to an earlier checkpoint before it gives up. */
    @WithDefault("8")
    @Between(least = "0", greatest = "1000")
    int recoveries();

    /** A loss of more than so many times its moving average (and half a nat) is a failure. */
    @WithDefault("2")
    @Between(least = "1.1", greatest = "1000")
    double spikeFactor();

    /** Multiplies the learning rate where skipping a window of data did not help. */
    @WithDefault("0.3")
    @Between(least = "0.001", greatest = "0.999")
    double recoveryLearningRateFactor();

    /** Steps between two checkpoints. */
    @WithDefault("200")
    @Between(least = "1", greatest = "2147483647")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    @Lasting(least = "PT1S", greatest = "PT24H")
    Duration checkpointInterval();

    /** Settings of the sharing {@code local-sgd}, {@code alignstream.pretrain.local-sgd.*}. */
    interface LocalSgd {

        /** Steps that a replica takes by itself between two exchanges; divides those between validations and checkpoints. */
        @WithDefault("50")
        @Between(least = "1", greatest = "100000")
        int steps();

        /** Share that the shared weights go of the replicas' mean way. */
        @WithDefault("0.7")
        @Between(least = "0.000001", greatest = "10")
        double outerLearningRate();

        /** Nesterov momentum of the shared weights. */
        @WithDefault("0.9")
        @Between(least = "0", greatest = "0.999999")
        double outerMomentum();
    }

    /** What a run is configured with. */
    default PretrainSettings settings() {
        Depth depth = new Depth(depth());
        return new PretrainSettings(
                new PretrainSettings.Network(layers().orElse(depth.layers()), width().orElse(depth.width())),
                new PretrainSettings.Batches(
                        batchSequences().orElse(depth.batchSequences()),
                        ActivationMemory.mebibytes(activationMebibytes(), activationCheckpointing()),
                        shuffleWindow(),
                        shards(),
                        sharing().equals("local-sgd")
                                ? Optional.of(new PretrainSettings.LocalSgd(
                                        localSgd().steps(),
                                        new OuterNesterov.Settings(
                                                localSgd().outerLearningRate(),
                                                localSgd().outerMomentum())))
                                : Optional.empty()),
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
                new PretrainSettings.Holdout(validationSequences(), validateEvery()),
                spikeFactor(),
                new Trainer.Settings(
                        new Trainer.Saving(checkpointEvery(), checkpointInterval()),
                        new Trainer.Healing(recoveries(), recoveryLearningRateFactor()),
                        patience()),
                seed(),
                PretrainingObjective.of(objective()));
    }
}
