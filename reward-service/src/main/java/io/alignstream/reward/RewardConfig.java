package io.alignstream.reward;

import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.FormerName;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.OneOf;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;

/**
 * Settings of the service, {@code alignstream.reward.*}; see {@link RewardSettings} for those of a run. The defaults are
 * the demo's.
 */
@Consistent("settings")
@ConfigMapping(prefix = "alignstream.reward")
public interface RewardConfig {

    /** What shapes the reward model's weights. */
    Training training();

    /** How answers are sampled for people to rank. */
    Sampling sampling();

    /** How requests are given to people. */
    Desk desk();

    /** Rankings needed before the first training. */
    @WithDefault("200")
    @Between(least = "1", greatest = "1000000000")
    int minimumRankings();

    /**
     * Parts of each step that workers share, a power of two, frozen with a run: at most so many workers train together, and weights
     * do not depend on how many there are. The answers to one request stay in one part. 1: one worker trains.
     */
    @WithDefault("1")
    @Between(least = "1", greatest = "64")
    int shards();

    /** New rankings after which the reward model is trained again. */
    @WithDefault("200")
    @Between(least = "1", greatest = "1000000000")
    int newRankings();

    /** Time without a new ranking before a run starts, and without a new prompt before answers are sampled. */
    @WithDefault("PT2S")
    @FormerName("alignstream.reward.quiet")
    @Lasting(least = "PT0S", greatest = "PT24H")
    Duration debounce();

    /** Steps between two checkpoints. */
    @WithDefault("25")
    @FormerName("alignstream.reward.checkpoint-steps")
    @Between(least = "1", greatest = "2147483647")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    @Lasting(least = "PT1S", greatest = "PT24H")
    Duration checkpointInterval();

    /** Steps between two evaluations on held-out requests. */
    @WithDefault("25")
    @Between(least = "1", greatest = "2147483647")
    int validateEvery();

    /** Evaluations without a better one after which the run ends and its best model is published; 0: never. */
    @WithDefault("0")
    @Between(least = "0", greatest = "1000000")
    int patience();

    /** Most times that a failing run goes back to an earlier checkpoint before it gives up. */
    @WithDefault("3")
    @Between(least = "0", greatest = "1000")
    int recoveries();

    /** Number format of products and activations: float32, bfloat16, or auto for what this processor is fastest with. */
    @WithDefault("float32")
    @OneOf({"float32", "bfloat16", "auto"})
    String precision();

    /**
     * Share of the rankings that may be set aside because the model cannot learn from them; above it a run does not begin. Ties of
     * all answers and rankings of withdrawn requests are no faults and do not count.
     */
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

    /** Adapters that are trained instead of the weights. */
    Lora lora();

    /** Settings of LoRA, {@code alignstream.reward.lora.*}. */
    interface Lora {

        /**
         * Inner size of the adapters of reward model and judge, which then share the SFT model's weights in memory; 0 trains all
         * weights and no adapters.
         */
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
    }

    /** Seed of the order of the requests, of the new head and of the sampled answers. */
    @WithDefault("${alignstream.seed:1}")
    long seed();

    /** What a run is configured with. */
    default RewardSettings settings() {
        return new RewardSettings(
                training().depthShare(),
                training().epochs(),
                training().batchRequests(),
                ActivationMemory.mebibytes(activationMebibytes(), activationCheckpointing()),
                Precision.of(precision()),
                lora().rank() == 0
                        ? null
                        : new LoraSettings(lora().rank(), lora().alpha(), new TreeSet<>(lora().targets()), List.of()),
                training().learningRate(),
                training().warmupShare(),
                training().margin(),
                training().centring(),
                training().heldOutShare(),
                training().judgeShare(),
                training().ensemble(),
                new RewardSettings.ReferenceAnswers(
                        training().referenceAnswers(), training().maxAnswerTokens()),
                validateEvery(),
                new Trainer.Settings(
                        new Trainer.Saving(checkpointEvery(), checkpointInterval()),
                        new Trainer.Healing(recoveries(), RewardLoop.RECOVERY_FACTOR),
                        patience(),
                        mostSetAside()),
                seed(),
                shards());
    }

    /** Settings of a run, {@code alignstream.reward.training.*}. */
    interface Training {

        /** Share of the SFT model's blocks that the reward model keeps, from the bottom; one block at least. */
        @WithDefault("1")
        @Between(least = "0.01", greatest = "1")
        double depthShare();

        /** Passes over the ranking requests. */
        @WithDefault("5")
        @Between(least = "1", greatest = "100000")
        int epochs();

        /** Ranking requests a step. */
        @WithDefault("8")
        @FormerName("alignstream.reward.training.batch")
        @Between(least = "1", greatest = "100000")
        int batchRequests();

        /** Peak learning rate: reached after the warm-up, then falling linearly to 0. */
        @WithDefault("5e-4")
        @Between(least = "0", greatest = "1")
        double learningRate();

        /** Share of the steps in which the learning rate rises. */
        @WithDefault("0.1")
        @FormerName("alignstream.reward.training.warm-up")
        @Between(least = "0", greatest = "1")
        double warmupShare();

        /** Margin in the pair loss for each point that two answers' scores (0 to 5) differ. */
        @WithDefault("0.2")
        @Between(least = "0", greatest = "1000")
        double margin();

        /** Coefficient of the squared sum of a pair's scores. */
        @WithDefault("0.01")
        @Between(least = "0", greatest = "1000")
        double centring();

        /** Share of the prompts that is measured on and never learned. */
        @WithDefault("${alignstream.held-out-share:0.05}")
        @FormerName("alignstream.reward.training.held-out")
        @Between(least = "0", greatest = "0.5")
        double heldOutShare();

        /**
         * Share of the other prompts, chosen by what is asked, that the judge learns from and the reward model does not: the
         * gate decides by the judge.
         */
        @WithDefault("0.5")
        @Between(least = "0.01", greatest = "0.99")
        double judgeShare();

        /**
         * Reward models that are trained side by side, each with another head and on another sample of the prompts: where
         * they disagree the reward is lower. Each takes the memory and the time of one.
         */
        @WithDefault("1")
        @Between(least = "1", greatest = "64")
        int ensemble();

        /** Answers of the SFT model whose scores get mean 0 and variance 1. */
        @WithDefault("256")
        @Between(least = "2", greatest = "1000000")
        int referenceAnswers();

        /** Longest reference answer, in tokens. */
        @WithDefault("${alignstream.max-answer-tokens:24}")
        @Between(least = "1", greatest = "65536")
        int maxAnswerTokens();
    }

    /** Settings of the answers, {@code alignstream.reward.sampling.*}. */
    interface Sampling {

        /** Answers to a prompt, K. */
        @WithDefault("4")
        @Between(least = "2", greatest = "16")
        int answers();

        /**
         * Most prompts of one SFT model that are sent out to be ranked before a reward model learns from them, and then
         * again; unless set, as many as one person has to rank.
         */
        @WithDefault("${alignstream.reward.minimum-rankings:200}")
        @Between(least = "0", greatest = "1000000000")
        int prompts();

        /**
         * Which prompts are sent out: active prefers those that nobody was asked and those of whose answers reward model and
         * judge are least sure; until there is a reward model it is random.
         */
        @WithDefault("active")
        @OneOf({"random", "active"})
        String selection();

        /** Prompts that are answered and scored for each one that active selection sends out. */
        @WithDefault("4")
        @Between(least = "1", greatest = "1000")
        int candidates();

        /** Divides the logits before an answer's tokens are drawn. */
        @WithDefault("1")
        @Between(least = "0", greatest = "100")
        double temperature();

        /** Longest answer, in tokens. */
        @WithDefault("${alignstream.max-answer-tokens:24}")
        @Between(least = "1", greatest = "65536")
        int maxAnswerTokens();
    }

    /** Settings of the ranking page, {@code alignstream.reward.desk.*}. */
    interface Desk {

        /** How many people rank each request. */
        @WithDefault("1")
        @Between(least = "1", greatest = "1000")
        int overlap();

        /** For how long a request is kept for the person to whom it was given. */
        @WithDefault("PT10M")
        @Lasting(least = "PT1S", greatest = "PT24H")
        Duration lease();

        /** Share of gold requests in what a person is given, while there are some that the person has not ranked. */
        @WithDefault("0.1")
        @Between(least = "0", greatest = "0.9")
        double goldShare();
    }
}
