package io.alignstream.rlhf;

import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.stageruntime.settings.Between;
import io.alignstream.stageruntime.settings.Consistent;
import io.alignstream.stageruntime.settings.FormerName;
import io.alignstream.stageruntime.settings.Lasting;
import io.alignstream.stageruntime.settings.OneOf;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings of the service, {@code alignstream.rlhf.*}; see {@link RlhfSettings} for those of a run. The defaults are the
 * demo's.
 */
@Consistent("settings")
@ConfigMapping(prefix = "alignstream.rlhf")
public interface RlhfConfig {

    /** A criterion and its weight. */
    Pattern WEIGHT = Pattern.compile("([a-z][a-z0-9-]{0,31})=(\\d{1,6}(?:\\.\\d{1,6})?)");

    /** How the policy is aligned: by PPO, by GRPO, or by DPO from the rankings alone. */
    @WithDefault("ppo")
    @OneOf({"ppo", "grpo", "dpo"})
    String algorithm();

    /** What shapes the policy's weights. */
    Training training();

    /** What the policy rehearses of the SFT model while it learns. */
    Rehearsal rehearsal();

    /** How the scores of several reward models become one. */
    Reward reward();

    /** Settings of GRPO, besides those of the training. */
    Grpo grpo();

    /** Settings of DPO. */
    Dpo dpo();

    /** What a candidate must reach on held-out prompts to be approved. */
    GateThresholds gate();

    /** Name under which the aligned model is released and served. */
    @WithDefault("alignstream")
    @NotBlank
    String model();

    /** Time without a new prompt before a run starts. */
    @WithDefault("PT2S")
    @FormerName("alignstream.rlhf.quiet")
    @Lasting(least = "PT0S", greatest = "PT24H")
    Duration debounce();

    /**
     * Parts of each optimiser step, and of the answers that are sampled for it, that workers share, a power of two, frozen with a
     * run: at most so many workers train together, and weights do not depend on how many there are. 1: one worker trains.
     */
    @WithDefault("1")
    @Between(least = "1", greatest = "64")
    int shards();

    /** Iterations between two checkpoints. */
    @WithDefault("5")
    @FormerName("alignstream.rlhf.checkpoint-iterations")
    @Between(least = "1", greatest = "2147483647")
    int checkpointEvery();

    /** Most time between two checkpoints. */
    @WithDefault("PT60S")
    @Lasting(least = "PT1S", greatest = "PT24H")
    Duration checkpointInterval();

    /** Iterations between two comparisons with the SFT model on held-out prompts. */
    @WithDefault("5")
    @FormerName("alignstream.rlhf.comparison-iterations")
    @Between(least = "1", greatest = "2147483647")
    int validateEvery();

    /** Comparisons without a better one after which the run ends and its best model is published; 0: never. */
    @WithDefault("3")
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
     * Share of the prompts, or with DPO of the rankings, that may be set aside because the model cannot learn from them; above it a
     * run does not begin. Ties of all answers and rankings of withdrawn requests are no faults and do not count.
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

    /** Settings of LoRA, {@code alignstream.rlhf.lora.*}. */
    interface Lora {

        /**
         * Inner size of the adapters of policy and critic, which then share the SFT model's weights in memory; 0 trains the
         * weights and no adapters.
         */
        @WithDefault("0")
        @Between(least = "0", greatest = "4096")
        int rank();

        /** The adapters' products are multiplied by alpha / rank. */
        @WithDefault("32")
        @Between(least = "0.000001", greatest = "1000000")
        double alpha();

        /** Projections with an adapter; the policy has them in the blocks that may learn, the critic in all. */
        @WithDefault("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")
        List<@OneOf({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}) String> targets();
    }

    /** Seed of the episodes, their order and the sampled answers. */
    @WithDefault("${alignstream.seed:1}")
    long seed();

    /** What a run is configured with. */
    default RlhfSettings settings() {
        Training run = training();
        return new RlhfSettings(
                RlhfSettings.Algorithm.of(algorithm()),
                new RlhfSettings.Batches(
                        run.iterations(),
                        run.batchEpisodes(),
                        run.minibatchEpisodes(),
                        run.epochs(),
                        ActivationMemory.mebibytes(activationMebibytes(), activationCheckpointing()),
                        Precision.of(precision()),
                        shards()),
                new RlhfSettings.LearningRates(run.policyLearningRate(), run.criticLearningRate(), run.criticWarmUp()),
                new RlhfSettings.Retention(
                        run.trainableShare(),
                        new OwnWriting.Counts(
                                rehearsal().conversations(),
                                rehearsal().openings(),
                                rehearsal().documents()),
                        rehearsal().coefficient()),
                lora().rank() == 0
                        ? null
                        : new LoraSettings(lora().rank(), lora().alpha(), new TreeSet<>(lora().targets()), List.of()),
                new RlhfSettings.Sampling(run.temperature(), run.maxAnswerTokens()),
                new RlhfSettings.KullbackLeibler(
                        run.kl().coefficient(),
                        run.kl().target(),
                        run.kl().horizon(),
                        run.kl().bound()),
                run.gamma(),
                run.lambda(),
                new RlhfSettings.Clipping(run.clip(), run.valueClip(), run.scoreClip()),
                run.valueCoefficient(),
                run.missingEndPenalty(),
                run.lengthPenalty(),
                reward().combination(),
                new RlhfSettings.Grpo(grpo().answers(), RlhfSettings.Advantage.of(grpo().advantage())),
                new RlhfSettings.Dpo(
                        dpo().beta(),
                        dpo().epochs(),
                        dpo().batchRequests(),
                        dpo().learningRate(),
                        dpo().validateEvery()),
                new RlhfSettings.Holdout(gate().prompts(), gate().heldOutShare(), validateEvery(), gate().answers()),
                new Gate.Thresholds(
                        gate().winRate(),
                        gate().kl(),
                        gate().endRate(),
                        gate().scoreGain(),
                        gate().knowledgeLoss(),
                        gate().documentKl(),
                        gate().lengthRatio()),
                new Trainer.Settings(
                        new Trainer.Saving(checkpointEvery(), checkpointInterval()),
                        new Trainer.Healing(recoveries(), RlhfSettings.RECOVERY_FACTOR),
                        patience(),
                        mostSetAside()),
                seed());
    }

    /** Settings of a run, {@code alignstream.rlhf.training.*}. */
    interface Training {

        /** Iterations: sample a batch, then update on it. */
        @WithDefault("40")
        @Between(least = "1", greatest = "1000000000")
        int iterations();

        /** Episodes, each a prompt with an answer, in an iteration. */
        @WithDefault("64")
        @FormerName("alignstream.rlhf.training.batch")
        @Between(least = "1", greatest = "1000000")
        int batchEpisodes();

        /** Episodes in an optimiser step; divides those of an iteration. */
        @WithDefault("32")
        @FormerName("alignstream.rlhf.training.minibatch")
        @Between(least = "1", greatest = "1000000")
        int minibatchEpisodes();

        /** Passes over a batch. */
        @WithDefault("4")
        @Between(least = "1", greatest = "1000")
        int epochs();

        /** Share of the policy's blocks, from the last one, that learn; 1: all weights, embeddings and output included. */
        @WithDefault("0.25")
        @Between(least = "0.000001", greatest = "1")
        double trainableShare();

        /** Learning rate of the policy at the start; falls linearly to 0 over the iterations. */
        @WithDefault("1e-3")
        @Between(least = "0", greatest = "1")
        double policyLearningRate();

        /** Learning rate of the critic at the start; falls linearly to 0 over the iterations. */
        @WithDefault("3e-4")
        @Between(least = "0", greatest = "1")
        double criticLearningRate();

        /** First iterations, in which only the critic learns. */
        @WithDefault("3")
        @Between(least = "0", greatest = "1000000000")
        int criticWarmUp();

        /** Divides the logits before an answer's tokens are drawn. */
        @WithDefault("1")
        @Between(least = "0.01", greatest = "100")
        double temperature();

        /** Longest answer, in tokens. */
        @WithDefault("${alignstream.max-answer-tokens:24}")
        @Between(least = "1", greatest = "65536")
        int maxAnswerTokens();

        /** The penalty for drifting away from the SFT model. */
        KullbackLeibler kl();

        /** Discount γ. */
        @WithDefault("1")
        @Between(least = "0", greatest = "1")
        double gamma();

        /** λ of generalised advantage estimation. */
        @WithDefault("0.95")
        @Between(least = "0", greatest = "1")
        double lambda();

        /** How far the probability ratio counts away from 1. */
        @WithDefault("0.2")
        @Between(least = "0", greatest = "0.999")
        double clip();

        /** How far a value counts away from the old one, in reward units. */
        @WithDefault("0.2")
        @Between(least = "0", greatest = "1000000")
        double valueClip();

        /** Multiplies the value loss. */
        @WithDefault("0.1")
        @Between(least = "0", greatest = "1000")
        double valueCoefficient();

        /** Scores are cut off at plus and minus this. */
        @WithDefault("5")
        @Between(least = "0.000001", greatest = "1000000")
        double scoreClip();

        /** Subtracted from the score of an answer that does not end; such a score is at most 0 before. */
        @WithDefault("1")
        @Between(least = "0", greatest = "1000000")
        double missingEndPenalty();

        /** Subtracted from the score for each token that an answer is longer than the SFT model's answers in the mean. */
        @WithDefault("0")
        @Between(least = "0", greatest = "1000")
        double lengthPenalty();
    }

    /** Settings of the reward where there are several reward models, {@code alignstream.rlhf.reward.*}. */
    interface Reward {

        /** Standard deviations over the members of an ensemble that are subtracted from their mean; 0: the mean. */
        @WithDefault("1")
        @Between(least = "0", greatest = "1000")
        double uncertainty();

        /** Weights of the criteria that rankings are tagged with, as in {@code helpful=1,safe=2}; 1 for each unless set. */
        Optional<List<String>> weights();

        /** How scores become one. */
        default RewardEnsemble.Combination combination() {
            Map<String, Double> weights = new TreeMap<>();
            for (String weight : weights().orElse(List.of())) {
                Matcher matcher = WEIGHT.matcher(weight.strip());
                if (!matcher.matches() || weights.put(matcher.group(1), Double.valueOf(matcher.group(2))) != null) {
                    throw new IllegalArgumentException("alignstream.rlhf.reward.weights holds \"" + weight
                            + "\" but needs one weight of 0 or more for each criterion, as in helpful=1,safe=2");
                }
            }
            return new RewardEnsemble.Combination(uncertainty(), weights);
        }
    }

    /** The penalty for drifting away from the SFT model; KL is the sum over an answer's tokens, in nats. */
    interface KullbackLeibler {

        /** β at the start. */
        @WithDefault("0.3")
        @Between(least = "0", greatest = "1000")
        double coefficient();

        /** β moves so that the KL of an answer comes near this. */
        @WithDefault("0.6")
        @Between(least = "0.000001", greatest = "1000000")
        double target();

        /** Episodes in which β may change by about 20 %; 0 keeps it fixed. */
        @WithDefault("640")
        @Between(least = "0", greatest = "1000000000000")
        double horizon();

        /** A batch with a greater mean KL ends the run early. */
        @WithDefault("15")
        @Between(least = "0.000001", greatest = "1000000")
        double bound();
    }

    /** Conversations that the SFT model writes itself, {@code alignstream.rlhf.rehearsal.*}. */
    interface Rehearsal {

        /**
         * How many; seven tenths are rehearsed, a tenth helps to choose a policy, the gate asks the questions of the others. 0:
         * none.
         */
        @WithDefault("2048")
        @Between(least = "0", greatest = "1000000")
        int conversations();

        /**
         * How many more begin as documents do that the SFT model writes itself: what it has read and nobody asks about. They are
         * divided likewise. 0: none.
         */
        @WithDefault("2048")
        @Between(least = "0", greatest = "1000000")
        int openings();

        /**
         * Documents that it writes itself, divided likewise: each step rehearses as many of them as of conversations, and of the
         * others the gate measures how far the policy has moved. 0: none.
         */
        @WithDefault("1024")
        @Between(least = "0", greatest = "1000000")
        int documents();

        /** Multiplies the loss on as many of them as a minibatch has episodes, in each step of the policy. */
        @WithDefault("1")
        @Between(least = "0", greatest = "1000")
        double coefficient();
    }

    /** Settings of GRPO, {@code alignstream.rlhf.grpo.*}. */
    interface Grpo {

        /** Answers to a prompt; divides the episodes of a minibatch. */
        @WithDefault("8")
        @Between(least = "2", greatest = "1024")
        int answers();

        /** What an answer is worth: in deviations above its group's mean, or above the mean of the others (RLOO). */
        @WithDefault("group-normalised")
        @OneOf({"group-normalised", "leave-one-out"})
        String advantage();
    }

    /** Settings of DPO, {@code alignstream.rlhf.dpo.*}. */
    interface Dpo {

        /** The greater, the nearer the policy stays to the SFT model. */
        @WithDefault("0.1")
        @Between(least = "0.000001", greatest = "1000")
        double beta();

        /** Passes over the ranked requests. */
        @WithDefault("1")
        @Between(least = "1", greatest = "100000")
        int epochs();

        /** Ranked requests a step, each with all its pairs. */
        @WithDefault("8")
        @Between(least = "1", greatest = "100000")
        int batchRequests();

        /** Learning rate after the warm-up; falls linearly to 0. */
        @WithDefault("1e-4")
        @Between(least = "0", greatest = "1")
        double learningRate();

        /** Steps between two comparisons with the SFT model. */
        @WithDefault("25")
        @Between(least = "1", greatest = "2147483647")
        int validateEvery();
    }

    /** Settings of the gate, {@code alignstream.rlhf.gate.*}. */
    interface GateThresholds {

        /** Most held-out prompts that are used. */
        @WithDefault("256")
        @Between(least = "1", greatest = "1000000")
        int prompts();

        /** Share of the prompts that is held out where no prompt carries the tag {@code purpose}. */
        @WithDefault("${alignstream.held-out-share:0.05}")
        @FormerName("alignstream.rlhf.gate.held-out")
        @Between(least = "0", greatest = "0.5")
        double heldOutShare();

        /** Answers to each held-out prompt by which the gate decides. */
        @WithDefault("4")
        @Between(least = "1", greatest = "1000")
        int answers();

        /** Least share of the prompts where the judge prefers the candidate's answer; ties count half. */
        @WithDefault("0.55")
        @Between(least = "0", greatest = "1")
        double winRate();

        /** Greatest mean KL of an answer from the SFT model, in nats. */
        @WithDefault("12")
        @Between(least = "0", greatest = "1000000")
        double kl();

        /** Least share of the answers that end by themselves. */
        @WithDefault("0.95")
        @Between(least = "0", greatest = "1")
        double endRate();

        /** Least gain in the judge's mean score over the SFT model on held-out prompts. */
        @WithDefault("0")
        @FormerName("alignstream.rlhf.gate.reward-gain")
        @Between(least = "-1000000", greatest = "1000000")
        double scoreGain();

        /**
         * Most that the share of right answers, and that of refusals of improper prompts, may be below the SFT model's; also
         * the greatest share of prompts whose answer is forgotten altogether.
         */
        @WithDefault("0.02")
        @Between(least = "0", greatest = "1")
        double knowledgeLoss();

        /** Greatest KL from the SFT model on documents that it writes itself, in nats a token. */
        @WithDefault("0.05")
        @Between(least = "0", greatest = "1000000")
        double documentKl();

        /** Most times that answers may be longer, or shorter, than the SFT model's in the mean. */
        @WithDefault("2")
        @Between(least = "1", greatest = "1000000")
        double lengthRatio();
    }
}
