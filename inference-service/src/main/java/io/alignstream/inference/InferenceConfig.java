package io.alignstream.inference;

import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.OneOf;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;

/** Settings of the service, {@code alignstream.inference.*}: what it serves and how much of it at once. */
@ConfigMapping(prefix = "alignstream.inference")
public interface InferenceConfig {

    /** The model name whose releases are served; releases of other names are left to other deployments. */
    @WithDefault("alignstream")
    @NotBlank
    String model();

    /** Settings of trials, {@code alignstream.inference.canary.*}; the same for all instances. */
    Canary canary();

    /** Settings of answers that nobody is shown, {@code alignstream.inference.shadow.*}. */
    Shadow shadow();

    /**
     * The newest approved releases that are kept in memory, as far as it allows, so that going back to one needs no loading.
     * Those that requests go to always are.
     */
    @WithDefault("2")
    @Between(least = "1", greatest = "100")
    int warmVersions();

    /** Answers that are written at the same time. */
    @WithDefault("16")
    @Between(least = "1", greatest = "1024")
    int concurrentRequests();

    /**
     * How weights stand in memory: {@code float32} as they were trained, {@code bfloat16} in half of it, {@code int8} in a
     * quarter. What int8 costs stands among the gate's figures.
     */
    @WithDefault("float32")
    @OneOf({"float32", "bfloat16", "int8"})
    String weights();

    /**
     * Tokens of prompts and longest answers that all answers in writing have together, rounded up to blocks of 64 each; a
     * request waits until there is room. At least as many as the model has positions.
     */
    @WithDefault("16384")
    @Between(least = "64", greatest = "100000000")
    long cacheTokens();

    /** Tokens of new prompts that are read between two tokens of the answers in writing. */
    @WithDefault("128")
    @Between(least = "1", greatest = "1000000")
    int promptTokens();

    /**
     * Tokens of an answer that are guessed at most in one step, by what followed the same words before in prompt or answer,
     * while few answers are written and the fused operators are there; taken are those that would have come anyway. 0: none.
     */
    @WithDefault("4")
    @Between(least = "0", greatest = "64")
    int speculativeTokens();

    /** Requests that may wait for their turn; the next one is refused with 429. */
    @WithDefault("64")
    @Between(least = "1", greatest = "1000000")
    int queue();

    /**
     * How many times as long as alone an answer may take, as many others are written at the same time or come before it: a
     * request that would take longer, by the measured pace, is refused with 429 and told when to come again. Nobody is refused
     * because each answer gets less than 500 tokens a second.
     */
    @WithDefault("2")
    @Between(least = "1", greatest = "1000000")
    double slowdown();

    /** Longest answer in tokens when the request names none; clipped to what the model's positions leave. */
    @WithDefault("512")
    @Between(least = "1", greatest = "1000000")
    int defaultMaxTokens();

    /** Longest time from a request to the end of its answer, waiting included. */
    @WithDefault("PT2M")
    @Lasting(least = "PT1S", greatest = "PT24H")
    Duration timeout();

    /** Longest time that a streamed answer waits for its reader to take more of it; then the connection is closed. */
    @WithDefault("PT30S")
    @Lasting(least = "PT1S", greatest = "PT1H")
    Duration writeTimeout();

    /** Answers that feedback without their receipt can still be given on; the oldest are forgotten first. */
    @WithDefault("1000")
    @Between(least = "1", greatest = "100000000")
    int rememberedResponses();

    /** Opinions on answers that one client may give within a minute; the next one is refused with 429. */
    @WithDefault("120")
    @Between(least = "1", greatest = "1000000")
    int feedbackPerMinute();

    /** What people may look into. */
    Explorer explorer();

    /** The explorer's settings, {@code alignstream.inference.explorer.*}. */
    interface Explorer {

        /** Largest model, in mebibytes of fp32 weights, that is loaded to be looked into, beside the one in service and a masked one of that size; a larger one is refused. */
        @WithDefault("2048")
        @Between(least = "1", greatest = "1000000")
        int memoryMebibytes();
    }

    /** Settings of trials, {@code alignstream.inference.canary.*}. */
    interface Canary {

        /**
         * How long a release is on trial from its approval on, while the approved one before it stays stable; 0: a release is
         * stable at once.
         */
        @WithDefault("PT0S")
        @Lasting(least = "PT0S", greatest = "PT87600H")
        Duration duration();

        /** Share of the clients whose requests go to a release on trial, of those that name no version. */
        @WithDefault("0.1")
        @Between(least = "0", greatest = "1")
        double share();
    }

    /** Settings of answers that nobody is shown, {@code alignstream.inference.shadow.*}. */
    interface Shadow {

        /**
         * Share of the answers of the stable release that a release on trial writes, too, while nothing waits: nobody is shown
         * them, the judge compares both. Question and answers stand on the topic shadow-answers for 90 days.
         */
        @WithDefault("0")
        @Between(least = "0", greatest = "1")
        double share();
    }
}
