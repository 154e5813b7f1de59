package io.alignstream.rlhf.training;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.exchange.PeftAdapter;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.network.UpperBlocks;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.memory.MemoryPlan;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.samples.SampleWriter;
import io.alignstream.training.workers.ShardSum;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The frozen inputs of a run; the models are only read and are closed with the inputs.
 *
 * @param judges the reward model that scores sampled answers, and the judge of the comparison
 * @param tokenizer is stored with the policy
 * @param prompts token ids up to the assistant's token; those that leave no room for an answer are left out
 * @param ranked what DPO learns from; the other algorithms read none
 * @param own what the SFT model says of its own accord; a part of it is rehearsed
 * @param endToken the end of turn
 * @param validation chooses among policies, on prompts that the gate does not ask
 * @param gate measures the chosen one
 * @param workers who trains it; stay the caller's
 */
public record RlhfInputs(
        RlhfSettings settings,
        Transformer sft,
        HeldOutComparison.Judges judges,
        Tokenizer tokenizer,
        List<int[]> prompts,
        List<RankedAnswers> ranked,
        OwnWriting own,
        int endToken,
        HeldOutComparison validation,
        HeldOutComparison gate,
        Workers workers)
        implements TrainingLoop.Inputs {

    public RlhfInputs {
        prompts = List.copyOf(prompts);
        ranked = List.copyOf(ranked);
    }

    /** Of a run on which nobody else works. */
    public RlhfInputs(
            RlhfSettings settings,
            Transformer sft,
            HeldOutComparison.Judges judges,
            Tokenizer tokenizer,
            List<int[]> prompts,
            List<RankedAnswers> ranked,
            OwnWriting own,
            int endToken,
            HeldOutComparison validation,
            HeldOutComparison gate) {
        this(
                settings,
                sft,
                judges,
                tokenizer,
                prompts,
                ranked,
                own,
                endToken,
                validation,
                gate,
                Workers.alone(settings.batches().shards()));
    }

    /** Where the same prompts have to serve both. */
    public RlhfInputs(
            RlhfSettings settings,
            Transformer sft,
            HeldOutComparison.Judges judges,
            Tokenizer tokenizer,
            List<int[]> prompts,
            List<RankedAnswers> ranked,
            OwnWriting own,
            int endToken,
            HeldOutComparison comparison) {
        this(settings, sft, judges, tokenizer, prompts, ranked, own, endToken, comparison, comparison);
    }

    /** The same with {@code others} who train it. */
    public RlhfInputs with(Workers others) {
        return new RlhfInputs(
                settings, sft, judges, tokenizer, prompts, ranked, own, endToken, validation, gate, others);
    }

    /** What begins as the SFT model: a copy, or adapters on it. */
    TunedNetwork policy() {
        return TunedNetwork.begin(
                sft,
                Optional.ofNullable(settings.lora())
                        .map(lora -> lora.inUpper(
                                settings.retention().trainableShare(),
                                sft.config().layers())),
                settings.seed());
    }

    /** The policy that a checkpoint holds. */
    TunedNetwork policy(StoredState stored) throws IOException {
        if (settings.lora() == null) {
            return TunedNetwork.of(Transformer.load(stored.folder()));
        }
        try (TunedNetwork like = policy()) {
            return like.with(stored.beside(PeftAdapter.WEIGHTS));
        }
    }

    /** What begins as the (first) reward model's network: a copy, its adapters again, or adapters on it. */
    TunedNetwork critic() {
        Transformer scoring = judges.reward().first().network();
        LoraSettings lora = settings.lora();
        return lora == null
                ? TunedNetwork.of(scoring.copy())
                : TunedNetwork.of(LoraAdapters.from(scoring, lora, settings.seed()));
    }

    @Override
    public Optional<SampleWriter> sampleWriter(SampleSettings wanted) {
        Stream<int[]> asked = validation.prompts().isEmpty()
                ? prompts.stream()
                : validation.prompts().stream().map(HeldOutPrompt::ids);
        return SampleWriter.ofAnswers(wanted, tokenizer, asked, sft.config().maxPositions());
    }

    @Override
    public PolicyLoop begin(Recovery recovery) {
        return switch (settings.algorithm()) {
            case PPO -> PpoLoop.begin(this, recovery);
            case GRPO -> GrpoLoop.begin(this, recovery);
            case DPO -> DpoLoop.begin(this, recovery);
        };
    }

    @Override
    public PolicyLoop resume(StoredState stored, Recovery recovery) throws IOException {
        return switch (settings.algorithm()) {
            case PPO -> PpoLoop.resume(this, stored, recovery);
            case GRPO -> GrpoLoop.resume(this, stored, recovery);
            case DPO -> DpoLoop.resume(this, stored, recovery);
        };
    }

    /**
     * What scores, before it is loaded.
     *
     * @param shape of each of the networks
     * @param count of them, of the reward model and the judge together
     * @param adapted whether they are adapters on the SFT model
     */
    public record Scorers(TransformerConfig shape, int count, boolean adapted) {}

    /**
     * What a run will need of memory, from the shapes of its networks and its settings alone.
     *
     * @param sft the shape of the SFT model
     * @param prompts token ids up to the assistant's token
     */
    public static MemoryPlan memory(
            RlhfSettings settings, TransformerConfig sft, Scorers scorers, List<int[]> prompts) {
        Precision precision = settings.batches().precision();
        Footprint policy = Footprint.of(sft);
        Footprint scoring = Footprint.of(scorers.shape());
        boolean critic = settings.algorithm() == RlhfSettings.Algorithm.PPO;
        int lowest = UpperBlocks.lowestBlock(sft.layers(), settings.retention().trainableShare());
        LoraSettings lora = settings.lora();
        long policyLearns = lora == null
                ? policy.weightsFrom(lowest)
                : policy.adapters(lora.inUpper(settings.retention().trainableShare(), sft.layers()));
        long criticLearns = !critic ? 0 : lora == null ? scoring.weights() : scoring.adapters(lora);
        int shards = settings.batches().shards();
        // With shards an iteration that a worker's end breaks off is undone; DPO's steps stand alone.
        boolean undone = shards > 1 && settings.algorithm() != RlhfSettings.Algorithm.DPO;
        long before = undone ? policyLearns + criticLearns : 0;
        int sets = ShardSum.mostSets(shards);
        int longest = sft.maxPositions();
        if (!prompts.isEmpty()) {
            int prompt = prompts.stream().mapToInt(ids -> ids.length).max().getAsInt();
            longest = Math.min(longest, prompt + settings.sampling().maxAnswerTokens());
        }
        int positions = Math.max(
                longest,
                Math.min(
                        settings.batches().memory().positions(sft, precision),
                        settings.batches().minibatchEpisodes() * longest));
        return MemoryPlan.of(Map.of(
                // the SFT model's, or those of a checkpoint that is being written
                MemoryPlan.Part.FILES,
                policy.weights(),
                MemoryPlan.Part.FROZEN,
                policy.weights() + (scorers.adapted() ? 0 : scorers.count() * scoring.weights()),
                MemoryPlan.Part.WEIGHTS,
                // with adapters those that they are worked into, to be stored
                policy.weights() + (lora == null && critic ? scoring.weights() : criticLearns) + before,
                MemoryPlan.Part.MOMENTS,
                2 * (policyLearns + criticLearns + before),
                MemoryPlan.Part.GRADIENTS,
                sets * Math.max(policyLearns, criticLearns),
                MemoryPlan.Part.PREPARED,
                2 * policy.prepared(precision),
                MemoryPlan.Part.ACTIVATIONS,
                settings.batches().memory().kept(sft, precision, positions),
                MemoryPlan.Part.WORKSPACE,
                policy.workspace(positions)
                        + policy.scoring((long) settings.batches().episodes() * longest),
                MemoryPlan.Part.CACHE,
                policy.cache(settings.batches().episodes(), longest),
                MemoryPlan.Part.BEST,
                settings.training().patience() == 0 ? 0L : lora == null ? policy.weights() : policyLearns));
    }

    /**
     * The prompts that leave room for an answer.
     *
     * @throws InvalidInputException if there is none
     */
    List<int[]> promptsWithRoom() {
        int room = settings.sampling().maxAnswerTokens();
        int positions = sft.config().maxPositions();
        List<int[]> fitting = prompts.stream()
                .filter(prompt -> prompt.length + room <= positions)
                .toList();
        if (fitting.isEmpty()) {
            throw new InvalidInputException(Reason.of("rlhf.noPrompt")
                    .with("prompts", prompts.size())
                    .with("tokens", room)
                    .with("positions", positions));
        }
        return fitting;
    }

    @Override
    public void close() {
        judges.close();
        sft.close();
    }
}
