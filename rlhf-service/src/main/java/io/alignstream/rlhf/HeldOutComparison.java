package io.alignstream.rlhf;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Compares a candidate with the SFT model on prompts that training never saw, by the reward model.
 *
 * <p>Both sample with the same random numbers, so an unchanged candidate ties everywhere, and two comparisons differ
 * only by what the candidate learned between them. For one thread; the models are only read.
 */
public final class HeldOutComparison {

    private static final int BATCH = 32;

    private final long seed;
    private final Transformer sft;
    private final RewardModel reward;
    private final AnswerSampler sampler;
    private final List<int[]> prompts;
    private final int pad;
    private final Sampled baseline;

    /**
     * Figures of a comparison, means over the prompts.
     *
     * @param prompts how many were used
     * @param winRate how often the reward model prefers the candidate's answer; ties count half
     * @param score of the candidate's answers
     * @param sftScore of the SFT model's answers
     * @param kl of the candidate from the SFT model on the candidate's answers, summed over tokens, in nats
     * @param endRate part of the candidate's answers that end by themselves
     * @param responseLength of the candidate's answers, in tokens
     * @param sftResponseLength of the SFT model's answers, in tokens
     */
    public record Figures(
            int prompts,
            double winRate,
            double score,
            double sftScore,
            double kl,
            double endRate,
            double responseLength,
            double sftResponseLength) {

        /** The figures under the names that events and charts use. */
        public SequencedMap<String, Double> metrics() {
            SequencedMap<String, Double> metrics = new TreeMap<>();
            metrics.put("winRate", winRate);
            metrics.put("heldOut/prompts", (double) prompts);
            metrics.put("heldOut/scores", score);
            metrics.put("heldOut/sftScores", sftScore);
            metrics.put("heldOut/kl", kl);
            metrics.put("heldOut/endRate", endRate);
            metrics.put("heldOut/responseLength", responseLength);
            metrics.put("heldOut/sftResponseLength", sftResponseLength);
            return metrics;
        }

        /** The figures behind {@link #metrics}; those that are missing are NaN and pass no gate. */
        static Figures of(Map<String, Double> metrics) {
            return new Figures(
                    metrics.getOrDefault("heldOut/prompts", 0.0).intValue(),
                    metrics.getOrDefault("winRate", Double.NaN),
                    metrics.getOrDefault("heldOut/scores", Double.NaN),
                    metrics.getOrDefault("heldOut/sftScores", Double.NaN),
                    metrics.getOrDefault("heldOut/kl", Double.NaN),
                    metrics.getOrDefault("heldOut/endRate", Double.NaN),
                    metrics.getOrDefault("heldOut/responseLength", Double.NaN),
                    metrics.getOrDefault("heldOut/sftResponseLength", Double.NaN));
        }
    }

    private record Sampled(List<int[]> rows, List<AnswerSampler.Answer> answers, double[] scores) {}

    /**
     * Samples and scores the SFT model's answers.
     *
     * @param prompts token ids up to the assistant's token; those that leave no room for an answer are left out
     */
    public HeldOutComparison(
            long seed, Transformer sft, RewardModel reward, AnswerSampler sampler, List<int[]> prompts, int pad) {
        this.seed = seed;
        this.sft = sft;
        this.reward = reward;
        this.sampler = sampler;
        this.pad = pad;
        this.prompts = prompts.stream()
                .filter(prompt ->
                        prompt.length + sampler.maxTokens() <= sft.config().maxPositions())
                .toList();
        this.baseline = sample(sft);
    }

    /** Whether there is nothing to compare on. */
    public boolean isEmpty() {
        return prompts.isEmpty();
    }

    /** Samples the candidate's answers and compares; needs at least one prompt. */
    public Figures compare(Transformer candidate) {
        if (isEmpty()) {
            throw new InvalidInputException(Reason.of("rlhf.noHeldOut"));
        }
        Sampled sampled = sample(candidate);
        double wins = 0;
        for (int i = 0; i < prompts.size(); i++) {
            wins += (1 + Math.signum(sampled.scores()[i] - baseline.scores()[i])) / 2;
        }
        return new Figures(
                prompts.size(),
                wins / prompts.size(),
                mean(sampled.scores()),
                mean(baseline.scores()),
                divergence(candidate, sampled),
                (double) sampled.answers().stream()
                                .filter(AnswerSampler.Answer::ended)
                                .count()
                        / prompts.size(),
                length(sampled),
                length(baseline));
    }

    private Sampled sample(Transformer model) {
        List<int[]> rows = new ArrayList<>();
        List<AnswerSampler.Answer> answers = new ArrayList<>();
        for (int start = 0; start < prompts.size(); start += BATCH) {
            List<int[]> batch = prompts.subList(start, Math.min(start + BATCH, prompts.size()));
            answers.addAll(sampler.sample(model, batch, SeededRandom.of(seed, "held-out", start)));
        }
        for (int i = 0; i < answers.size(); i++) {
            rows.add(answers.get(i).after(prompts.get(i)));
        }
        return new Sampled(rows, answers, reward.scores(rows));
    }

    private double divergence(Transformer candidate, Sampled sampled) {
        double sum = 0;
        for (int start = 0; start < prompts.size(); start += BATCH) {
            int end = Math.min(start + BATCH, prompts.size());
            Sequences sequences = Minibatch.sequences(
                    sampled.rows().subList(start, end),
                    prompts.subList(start, end).stream()
                            .map(prompt -> prompt.length)
                            .toList(),
                    pad);
            sum += total(candidate.logProbabilities(sequences, 1)) - total(sft.logProbabilities(sequences, 1));
        }
        return sum / prompts.size();
    }

    private static double total(float[][] values) {
        double sum = 0;
        for (float[] row : values) {
            for (float value : row) {
                sum += value;
            }
        }
        return sum;
    }

    private static double length(Sampled sampled) {
        return sampled.answers().stream()
                .mapToInt(answer -> answer.tokens().length)
                .average()
                .orElse(0);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }
}
