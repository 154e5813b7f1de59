package io.alignstream.sft;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * Settings of the service, {@code alignstream.sft.*}; see {@link SftSettings} for those of a run. The defaults are the
 * demo's.
 */
@ConfigMapping(prefix = "alignstream.sft")
public interface SftConfig {

    /** Instructions that must be there before the first run. */
    @WithDefault("1")
    int minimumInstructions();

    /** New, changed or withdrawn instructions after which the model is tuned again. */
    @WithDefault("100")
    long newInstructions();

    /** No instruction for this long, before a run starts. */
    @WithDefault("PT2S")
    Duration debounce();

    /** Passes over the conversations. */
    @WithDefault("6")
    int epochs();

    /** Conversations a step. */
    @WithDefault("64")
    int batchConversations();

    /** Peak learning rate. */
    @WithDefault("0.0005")
    double learningRate();

    /** Share of the steps in which the learning rate rises. */
    @WithDefault("0.1")
    double warmupShare();

    /** Seed of the order of the conversations. */
    @WithDefault("${alignstream.seed:1}")
    long seed();

    /** Share of the instructions that is measured on and never learned. */
    @WithDefault("0.03")
    double heldOutShare();

    /** Steps between two validations. */
    @WithDefault("20")
    int validateEvery();

    /** Steps between two checkpoints. */
    @WithDefault("100")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    Duration checkpointInterval();

    /** Settings of a run, validated. */
    default SftSettings settings() {
        return new SftSettings(
                epochs(),
                batchConversations(),
                learningRate(),
                warmupShare(),
                seed(),
                heldOutShare(),
                validateEvery(),
                checkpointEvery(),
                checkpointInterval());
    }
}
