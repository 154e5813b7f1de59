package io.alignstream.rlhf.gate;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.rlhf.rehearsal.OwnTexts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * What a candidate says to questions that nobody asks: the SFT model's own, which the policy has not rehearsed.
 *
 * <p>An answer is foreign if the SFT model would hardly give it: if its mean log probability a token is below that of all but
 * {@value #RARE} of the SFT model's own answers. By chance some of the SFT model's answers are, too, and more at another
 * temperature than theirs: what counts is how many more the candidate's are. A policy that has only learned to put things
 * otherwise chooses among the SFT model's answers; one that has forgotten invents others. For one thread.
 *
 * <p>A model that was never trained on conversations of its own kind may write hardly any question. Of fewer than
 * {@value #LEAST} none is asked.
 */
final class Unasked {

    private static final Logger LOG = Logger.getLogger(Unasked.class);

    /** Part of the SFT model's own answers that count as foreign. */
    static final double RARE = 0.02;

    /** Of fewer questions a single slip would decide: with the answers of a few dozen, 0.02 is less than one answer. */
    static final int LEAST = 50;

    private static final int BATCH = 64;

    private final long seed;
    private final Transformer sft;
    private final AnswerSampler sampler;
    private final List<int[]> prompts;
    private final double bound;
    private final Map<Integer, Double> sftForeign = new HashMap<>();

    Unasked(long seed, Transformer sft, AnswerSampler sampler, OwnTexts own) {
        this.seed = seed;
        this.sft = sft;
        this.sampler = sampler;
        this.prompts = own.prompts();
        double[] usual = own.batches(BATCH).stream()
                .flatMapToDouble(batch -> Arrays.stream(meanLogProbabilities(batch)))
                .sorted()
                .toArray();
        if (!prompts.isEmpty() && !tells()) {
            LOG.warnf(
                    "The SFT model has written %d questions for the gate; of fewer than %d it asks none",
                    prompts.size(), LEAST);
        }
        this.bound = usual.length == 0 ? Double.NaN : usual[(int) (RARE * usual.length)];
    }

    /** Whether there are enough questions to tell what is forgotten from a slip by chance. */
    boolean tells() {
        return prompts.size() >= LEAST;
    }

    /** How many questions there are. */
    int size() {
        return prompts.size();
    }

    /** The part of the candidate's answers that are foreign; needs a question at least. */
    double foreign(Transformer candidate, int rounds) {
        int foreign = 0;
        for (int round = 0; round < rounds; round++) {
            for (int start = 0; start < prompts.size(); start += BATCH) {
                List<int[]> batch = prompts.subList(start, Math.min(start + BATCH, prompts.size()));
                foreign += (int) Arrays.stream(meanLogProbabilities(answered(candidate, batch, round, start)))
                        .filter(mean -> mean < bound)
                        .count();
            }
        }
        return (double) foreign / rounds / prompts.size();
    }

    /** The same of the SFT model itself, which answers the same questions with the same random numbers. */
    double sftForeign(int rounds) {
        return sftForeign.computeIfAbsent(rounds, times -> foreign(sft, times));
    }

    private Sequences answered(Transformer candidate, List<int[]> batch, int round, int start) {
        List<AnswerSampler.Answer> answers = sampler.sample(
                candidate, batch, SeededRandom.of(seed, "unasked", (long) round * prompts.size() + start));
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            rows.add(answers.get(i).after(batch.get(i)));
        }
        return Sequences.answers(
                rows, batch.stream().map(prompt -> prompt.length).toList());
    }

    /** Of each answer under the SFT model. */
    private double[] meanLogProbabilities(Sequences sequences) {
        float[] sums = sft.answerLogProbabilities(sequences);
        double[] means = new double[sums.length];
        for (int b = 0; b < means.length; b++) {
            int from = b * sequences.time();
            long tokens = Arrays.stream(sequences.targets(), from, from + sequences.time())
                    .filter(target -> target != Sequences.IGNORE)
                    .count();
            means[b] = sums[b] / tokens;
        }
        return means;
    }
}
