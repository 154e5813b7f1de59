package io.alignstream.rlhf.gate;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Compares a candidate with the SFT model on prompts that training never saw: by a judge that is not the reward model, and
 * by what is known to be right.
 *
 * <p>Both sample with the same random numbers, so an unchanged candidate ties everywhere, and two comparisons differ
 * only by what the candidate learned between them. For one thread; the models are only read.
 */
public final class HeldOutComparison {

    /** How often the judge prefers the candidate's answer; ties count half. With its interval over the prompts. */
    static final String WIN_RATE = "winRate";

    static final String WIN_RATE_LOW = "winRate/low";
    static final String WIN_RATE_HIGH = "winRate/high";

    /** The same by the reward model that the candidate was trained against, and how often both judges agree. */
    static final String REWARD_WIN_RATE = "heldOut/rewardWinRate";

    static final String AGREEMENT = "heldOut/agreement";

    /** Number of prompts. */
    static final String PROMPTS = "heldOut/prompts";

    /** Mean scores by the judge, and by the reward model, of the candidate's and of the SFT model's answers. */
    public static final String JUDGE = "heldOut/judgeScores";

    public static final String SFT_JUDGE = "heldOut/sftJudgeScores";
    public static final String REWARD = "heldOut/scores";
    public static final String SFT_REWARD = "heldOut/sftScores";

    /** How far the reward models are apart about the candidate's answers: their mean standard deviation. */
    static final String DISAGREEMENT = "heldOut/disagreement";

    /** Of the candidate from the SFT model on its own answers, at the sampling temperature, summed over tokens, in nats. */
    public static final String KL = "heldOut/kl";

    /** Part of the candidate's answers that end by themselves. */
    static final String END_RATE = "heldOut/endRate";

    /** Mean length of the answers in tokens. */
    static final String LENGTH = "heldOut/responseLength";

    static final String SFT_LENGTH = "heldOut/sftResponseLength";

    /** Knowledge: part of right answers to the prompts that have reference answers, {@link #ASKED} of them. */
    static final String ACCURACY = "heldOut/accuracy";

    static final String SFT_ACCURACY = "heldOut/sftAccuracy";
    static final String ASKED = "heldOut/asked";

    /**
     * Part of those prompts that are forgotten: the SFT model is right each time, the candidate at most every other time. A
     * mean hides that a model has lost one thing altogether.
     */
    static final String FORGOTTEN = "heldOut/forgotten";

    /** Part of the answers to questions that nobody asks which the SFT model would hardly give, and how many it asks. */
    static final String FOREIGN = "heldOut/foreign";

    /** The same part of the SFT model's answers, by chance. */
    static final String SFT_FOREIGN = "heldOut/sftForeign";

    static final String UNASKED = "heldOut/unasked";

    /** From the SFT model on documents that it writes, in nats a token, and how many these are. */
    static final String DOCUMENT_KL = "heldOut/documentKl";

    static final String DOCUMENTS = "heldOut/documents";

    /** What the candidate loses on them with weights in int8, in bits a byte. */
    static final String INT8_LOSS = "heldOut/int8Loss";

    /** The same of prompts that should be refused. */
    static final String REFUSALS = "heldOut/refusals";

    static final String SFT_REFUSALS = "heldOut/sftRefusals";
    static final String IMPROPER = "heldOut/improper";

    private static final int BATCH = 32;

    private final long seed;
    private final Transformer sft;
    private final Judges judges;
    private final AnswerSampler sampler;
    private final List<HeldOutPrompt> prompts;
    private final Unasked unasked;
    private final OwnDocuments documents;
    private final List<Sampled> baselines = new ArrayList<>();

    /**
     * Who scores answers.
     *
     * @param reward the models that PPO's reward comes from
     * @param judge models learned from other rankings, which decide
     */
    public record Judges(RewardEnsemble reward, RewardEnsemble judge) implements AutoCloseable {

        /** One model each. */
        public Judges(RewardModel reward, RewardModel judge) {
            this(RewardEnsemble.of(reward), RewardEnsemble.of(judge));
        }

        @Override
        public void close() {
            reward.close();
            judge.close();
        }
    }

    /** One answer to each prompt. */
    private record Sampled(
            List<int[]> rows,
            List<AnswerSampler.Answer> answers,
            double[] rewards,
            double[] deviations,
            double[] verdicts) {}

    /**
     * A comparison on {@code prompts}.
     *
     * @param prompts those that leave no room for an answer are left out
     * @param own what the SFT model writes and the candidate has not rehearsed
     */
    public HeldOutComparison(
            long seed,
            Transformer sft,
            Judges judges,
            AnswerSampler sampler,
            List<HeldOutPrompt> prompts,
            OwnWriting own) {
        this.seed = seed;
        this.sft = sft;
        this.judges = judges;
        this.sampler = sampler;
        this.unasked = new Unasked(seed, sft, sampler, own.conversations());
        this.documents = new OwnDocuments(sft, own.documents());
        this.prompts = prompts.stream()
                .filter(prompt -> prompt.ids().length + sampler.maxTokens()
                        <= sft.config().maxPositions())
                .toList();
    }

    /** What is asked. */
    public List<HeldOutPrompt> prompts() {
        return prompts;
    }

    /** Whether there is nothing to compare on. */
    public boolean isEmpty() {
        return prompts.isEmpty();
    }

    /**
     * Samples the candidate's answers and compares; needs at least one prompt.
     *
     * @param rounds answers to each prompt; figures of the first round are those of a comparison with one
     * @return figures by name, means over prompts and rounds; what cannot be measured is missing
     */
    public SequencedMap<String, Double> compare(Transformer candidate, int rounds) {
        if (isEmpty()) {
            throw new InvalidInputException(Reason.of("rlhf.noHeldOut"));
        }
        double[] wins = new double[prompts.size()];
        double[] rewardWins = new double[prompts.size()];
        int[] right = new int[prompts.size()];
        int[] sftRight = new int[prompts.size()];
        SequencedMap<String, Double> sums = new TreeMap<>();
        for (int round = 0; round < rounds; round++) {
            Sampled sampled = sample(candidate, round);
            Sampled baseline = baseline(round);
            double agreed = 0;
            for (int i = 0; i < wins.length; i++) {
                double judged = Math.signum(sampled.verdicts()[i] - baseline.verdicts()[i]);
                double rewarded = Math.signum(sampled.rewards()[i] - baseline.rewards()[i]);
                wins[i] += (1 + judged) / 2 / rounds;
                rewardWins[i] += (1 + rewarded) / 2 / rounds;
                agreed += judged == rewarded ? 1 : 0;
                right[i] += isRight(sampled, i) ? 1 : 0;
                sftRight[i] += isRight(baseline, i) ? 1 : 0;
            }
            add(sums, AGREEMENT, agreed / wins.length);
            add(sums, JUDGE, mean(sampled.verdicts()));
            add(sums, SFT_JUDGE, mean(baseline.verdicts()));
            add(sums, REWARD, mean(sampled.rewards()));
            add(sums, SFT_REWARD, mean(baseline.rewards()));
            if (judges.reward().mayDisagree()) {
                add(sums, DISAGREEMENT, mean(sampled.deviations()));
            }
            add(sums, KL, divergence(candidate, sampled));
            add(sums, END_RATE, endRate(sampled));
            add(sums, LENGTH, length(sampled));
            add(sums, SFT_LENGTH, length(baseline));
        }
        sums.replaceAll((figure, sum) -> sum / rounds);
        if (count(false) > 0) {
            sums.put(ACCURACY, share(right, false) / rounds);
            sums.put(SFT_ACCURACY, share(sftRight, false) / rounds);
            sums.put(FORGOTTEN, forgotten(right, sftRight, rounds));
        }
        if (unasked.tells()) {
            sums.put(FOREIGN, unasked.foreign(candidate, rounds));
            sums.put(SFT_FOREIGN, unasked.sftForeign(rounds));
            sums.put(UNASKED, (double) unasked.size());
        }
        if (documents.tells()) {
            sums.put(DOCUMENT_KL, documents.kl(candidate));
            sums.put(DOCUMENTS, (double) documents.size());
        }
        if (count(true) > 0) {
            sums.put(REFUSALS, share(right, true) / rounds);
            sums.put(SFT_REFUSALS, share(sftRight, true) / rounds);
        }
        Interval interval = Interval.ofMean(wins, seed);
        sums.put(WIN_RATE, mean(wins));
        sums.put(WIN_RATE_LOW, interval.low());
        sums.put(WIN_RATE_HIGH, interval.high());
        sums.put(REWARD_WIN_RATE, mean(rewardWins));
        sums.put(PROMPTS, (double) prompts.size());
        sums.put(ASKED, (double) count(false));
        sums.put(IMPROPER, (double) count(true));
        return sums;
    }

    /** The same, and what serving the candidate in smaller numbers costs. */
    public SequencedMap<String, Double> compareForRelease(Transformer candidate, int rounds) {
        SequencedMap<String, Double> figures = compare(candidate, rounds);
        if (documents.tells()) {
            figures.put(INT8_LOSS, documents.int8Loss(candidate));
        }
        return figures;
    }

    /** What the SFT model says in {@code round}. */
    private Sampled baseline(int round) {
        while (baselines.size() <= round) {
            baselines.add(sample(sft, baselines.size()));
        }
        return baselines.get(round);
    }

    private Sampled sample(Transformer model, int round) {
        List<int[]> rows = new ArrayList<>();
        List<AnswerSampler.Answer> answers = new ArrayList<>();
        for (int start = 0; start < prompts.size(); start += BATCH) {
            List<int[]> batch = prompts.subList(start, Math.min(start + BATCH, prompts.size())).stream()
                    .map(HeldOutPrompt::ids)
                    .toList();
            answers.addAll(sampler.sample(
                    model, batch, SeededRandom.of(seed, "held-out", (long) round * prompts.size() + start)));
        }
        for (int i = 0; i < answers.size(); i++) {
            rows.add(answers.get(i).after(prompts.get(i).ids()));
        }
        RewardEnsemble.Scores rewards = judges.reward().judge(rows);
        return new Sampled(
                rows,
                answers,
                rewards.values(),
                rewards.deviations(),
                judges.judge().scores(rows));
    }

    private double divergence(Transformer candidate, Sampled sampled) {
        double temperature = sampler.temperature() > 0 ? sampler.temperature() : 1;
        double sum = 0;
        for (int start = 0; start < prompts.size(); start += BATCH) {
            int end = Math.min(start + BATCH, prompts.size());
            Sequences sequences = Sequences.answers(
                    sampled.rows().subList(start, end),
                    prompts.subList(start, end).stream()
                            .map(prompt -> prompt.ids().length)
                            .toList());
            sum += total(candidate.logProbabilities(sequences, temperature))
                    - total(sft.logProbabilities(sequences, temperature));
        }
        return sum / prompts.size();
    }

    private boolean isRight(Sampled sampled, int prompt) {
        Predicate<int[]> rule = prompts.get(prompt).right();
        return rule != null && rule.test(sampled.answers().get(prompt).content());
    }

    /** Right answers a prompt of one kind, of which there is one at least. */
    private double share(int[] right, boolean improper) {
        return (double) IntStream.range(0, right.length)
                        .filter(i -> prompts.get(i).improper() == improper)
                        .map(i -> right[i])
                        .sum()
                / count(improper);
    }

    private double forgotten(int[] right, int[] sftRight, int rounds) {
        return (double) IntStream.range(0, right.length)
                        .filter(i -> !prompts.get(i).improper())
                        .filter(i -> sftRight[i] == rounds && 2 * right[i] <= rounds)
                        .count()
                / count(false);
    }

    private long count(boolean improper) {
        return prompts.stream()
                .filter(prompt -> prompt.right() != null && prompt.improper() == improper)
                .count();
    }

    private double endRate(Sampled sampled) {
        return (double) sampled.answers().stream()
                        .filter(AnswerSampler.Answer::ended)
                        .count()
                / prompts.size();
    }

    private static void add(SequencedMap<String, Double> sums, String figure, double value) {
        sums.merge(figure, value, Double::sum);
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
