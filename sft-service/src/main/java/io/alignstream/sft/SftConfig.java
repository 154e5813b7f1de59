package io.alignstream.sft;

import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.OneOf;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the service, {@code alignstream.sft.*}; see {@link SftSettings} for those of a run. The defaults are the
 * demo's.
 */
@Consistent("settings")
@ConfigMapping(prefix = "alignstream.sft")
public interface SftConfig {

    /** Instructions that must be there before the first run. */
    @WithDefault("1")
    @Between(least = "1", greatest = "1000000000")
    int minimumInstructions();

    /** New, changed or withdrawn instructions after which the model is tuned again. */
    @WithDefault("100")
    @Between(least = "1", greatest = "1000000000")
    long newInstructions();

    /** Time without a new instruction before a run starts. */
    @WithDefault("PT2S")
    @Lasting(least = "PT0S", greatest = "PT24H")
    Duration debounce();

    /** Passes over the conversations. */
    @WithDefault("6")
    @Between(least = "1", greatest = "100000")
    int epochs();

    /** Instructions a step, each with all its reference answers. */
    @WithDefault("16")
    @Between(least = "1", greatest = "100000")
    int batchInstructions();

    /**
     * Parts of each step that workers share, a power of two, frozen with a run: at most so many workers train together, and weights
     * do not depend on how many there are. 1: one worker trains.
     */
    @WithDefault("1")
    @Between(least = "1", greatest = "64")
    int shards();

    /** Peak learning rate. */
    @WithDefault("0.0001")
    @Between(least = "0", greatest = "1")
    double learningRate();

    /** Share of the steps in which the learning rate rises. */
    @WithDefault("0.1")
    @Between(least = "0", greatest = "1")
    double warmupShare();

    /** Seed of the order of the conversations. */
    @WithDefault("${alignstream.seed:1}")
    long seed();

    /** Share of the instructions that is measured on and never learned. */
    @WithDefault("${alignstream.held-out-share:0.05}")
    @Between(least = "0", greatest = "0.5")
    double heldOutShare();

    /** Steps between two validations. */
    @WithDefault("20")
    @Between(least = "1", greatest = "2147483647")
    int validateEvery();

    /** Steps between two checkpoints. */
    @WithDefault("100")
    @Between(least = "1", greatest = "2147483647")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    @Lasting(least = "PT1S", greatest = "PT24H")
    Duration checkpointInterval();

    /** Validations without a better one after which the run ends and its best model is published; 0: never. */
    @WithDefault("0")
    @Between(least = "0", greatest = "1000000")
    int patience();

    /** Most times that a run which diverges starts again, with a lower learning rate. */
    @WithDefault("3")
    @Between(least = "0", greatest = "1000")
    int recoveries();

    /** Share of the conversations that may be set aside because the model cannot learn from them; above it a run does not begin. */
    @WithDefault("${alignstream.most-set-aside:0.5}")
    @Between(least = "0", greatest = "1")
    double mostSetAside();

    /** Memory for what a step keeps for its backward pass; a larger batch goes through the network in parts. */
    @WithDefault("${alignstream.activation-mebibytes:1024}")
    @Between(least = "1", greatest = "16777216")
    int activationMebibytes();

    /** Whether the backward pass computes the blocks again instead of keeping them: less memory, a third more time. */
    @WithDefault("${alignstream.activation-checkpointing:false}")
    boolean activationCheckpointing();

    /** Number format of products and activations: float32, bfloat16, or auto for what this processor is fastest with. */
    @WithDefault("float32")
    @OneOf({"float32", "bfloat16", "auto"})
    String precision();

    /** Adapters that are trained instead of the weights. */
    Lora lora();

    /** Settings of LoRA, {@code alignstream.sft.lora.*}. */
    interface Lora {

        /** Inner size of the adapters; 0 trains all weights and no adapters. */
        @WithDefault("0")
        @Between(least = "0", greatest = "4096")
        int rank();

        /** The adapters' products are multiplied by alpha / rank. */
        @WithDefault("32")
        @Between(least = "0.000001", greatest = "1000000")
        double alpha();

        /** Projections with an adapter. */
        @WithDefault("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")
        List<@OneOf({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}) String> targets();

        /** Whether the embedding's rows of the control tokens are trained, too. */
        @WithDefault("true")
        boolean controlTokens();
    }

    /** What is learned of facts that the base model does not know. */
    Unknown unknown();

    /** Settings of "I do not know", {@code alignstream.sft.unknown.*}. */
    interface Unknown {

        /**
         * Of the instructions whose answers the base model does not know, the share whose answer is replaced by one that says so;
         * 0 learns every answer. The base model is asked before training, by continuation.
         */
        @WithDefault("0")
        @Between(least = "0", greatest = "1")
        double share();

        /**
         * Texts that the base model writes to each instruction; it knows what one of them holds, or one of those to another
         * instruction with the same answers.
         */
        @WithDefault("4")
        @Between(least = "1", greatest = "64")
        int samples();

        /** Longest such text, in tokens. */
        @WithDefault("24")
        @Between(least = "1", greatest = "4096")
        int answerTokens();

        /** What the model learns to say to a question with Chinese characters. */
        @WithDefault("我不知道。")
        String chinese();

        /** What the model learns to say to any other question. */
        @WithDefault("I don't know.")
        String english();
    }

    /** What a run is configured with. */
    default SftSettings settings() {
        return new SftSettings(
                epochs(),
                batchInstructions(),
                new LinearSchedule(learningRate(), warmupShare()),
                seed(),
                heldOutShare(),
                validateEvery(),
                new Trainer.Settings(
                        new Trainer.Saving(checkpointEvery(), checkpointInterval()),
                        new Trainer.Healing(recoveries(), SftLoop.RECOVERY_FACTOR),
                        patience(),
                        mostSetAside()),
                ActivationMemory.mebibytes(activationMebibytes(), activationCheckpointing()),
                Precision.of(precision()),
                lora().rank() == 0
                        ? null
                        : new SftSettings.Lora(lora().rank(), lora().alpha(), lora().targets(), lora().controlTokens()),
                shards(),
                unknown().share() == 0
                        ? null
                        : new SftSettings.Unknown(
                                unknown().share(),
                                unknown().samples(),
                                unknown().answerTokens(),
                                unknown().chinese(),
                                unknown().english()));
    }
}
