package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.training.workers.Shards;
import io.alignstream.training.workers.SharedPieces;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Makes an iteration's episodes: the next prompts, one or several answers of the policy to each, their scores. A function
 * of the seed, the iteration and the networks; for one thread.
 *
 * <p>Workers share it in the parts in which they learn from it: who samples a part scores it, too, and all have all parts in
 * the end. The numbers by which an answer is drawn belong to the answer, and its tokens do not depend on what is sampled
 * beside it; so nothing depends on who did what.
 */
final class Rollout {

    private final RlhfInputs inputs;
    private final RlhfSettings settings;
    private final List<int[]> prompts;
    private final Transformer policy;
    private final Function<Sequences, float[][]> values;
    private final int group;
    private final AnswerSampler sampler;
    private final LengthPenalty lengthPenalty;
    private final SharedPieces<RolloutPart> shared;

    /**
     * Answers of {@code policy} to {@code prompts}, one at least, each with room for an answer.
     *
     * @param values what a critic expects before each token, {@code [batch][time]}
     * @param group answers to a prompt, one after the other; divides the episodes of a minibatch
     */
    Rollout(
            RlhfInputs inputs,
            List<int[]> prompts,
            Transformer policy,
            Function<Sequences, float[][]> values,
            int group) {
        this.inputs = inputs;
        this.settings = inputs.settings();
        this.prompts = prompts;
        this.policy = policy;
        this.values = values;
        this.group = group;
        this.sampler = new AnswerSampler(
                settings.sampling().temperature(), settings.sampling().maxAnswerTokens(), inputs.endToken());
        this.lengthPenalty = LengthPenalty.of(inputs, prompts, sampler);
        this.shared = new SharedPieces<>(inputs.workers(), RolloutPart.FORM);
    }

    /**
     * Samples the prompts of {@code iteration} and scores the answers.
     *
     * @throws NotFiniteException if the policy's probabilities are no numbers
     * @throws IllegalStateException if sampling and training disagree about probabilities
     */
    List<Minibatch> of(long iteration, IterationFigures figures) {
        List<int[]> asked = prompts(iteration);
        List<double[]> numbers = sampler.numbers(asked.size(), SeededRandom.of(settings.seed(), "rollout", iteration));
        int size = settings.batches().minibatchEpisodes();
        List<Sequences.Range> ranges = ranges(asked.size(), size);
        List<RolloutPart> parts = shared.of(
                iteration,
                ranges.size(),
                mine -> parts(mine.stream().map(ranges::get).toList(), asked, numbers));
        if (parts.stream().anyMatch(RolloutPart::isNotFinite)) {
            throw new NotFiniteException();
        }
        parts.forEach(part -> figures.observeSampling(part.samplingGap()));
        List<Episode> episodes =
                parts.stream().flatMap(part -> part.episodes().stream()).toList();
        List<Minibatch> batch = new ArrayList<>();
        for (int start = 0; start < episodes.size(); start += size) {
            batch.add(Minibatch.of(episodes.subList(start, start + size)));
        }
        return batch;
    }

    /** Those in which a step's shards are computed, so that before the first update the ratio is 1. */
    private List<Sequences.Range> ranges(int episodes, int size) {
        int shards = settings.batches().shards();
        List<Sequences.Range> ranges = new ArrayList<>();
        for (int start = 0; start < episodes; start += size) {
            for (int shard = 0; shard < shards; shard++) {
                Shards rows = Shards.of(shard, shards, size);
                if (rows.count() > 0) {
                    ranges.add(new Sequences.Range(start + rows.from(), start + rows.to()));
                }
            }
        }
        return ranges;
    }

    /** Samples the answers of all {@code ranges} side by side, and scores each by itself. */
    private List<RolloutPart> parts(List<Sequences.Range> ranges, List<int[]> asked, List<double[]> numbers) {
        List<int[]> prompts = new ArrayList<>();
        List<double[]> drawn = new ArrayList<>();
        for (Sequences.Range range : ranges) {
            prompts.addAll(asked.subList(range.from(), range.to()));
            drawn.addAll(numbers.subList(range.from(), range.to()));
        }
        List<AnswerSampler.Answer> answers;
        try {
            answers = sampler.sample(policy, prompts, drawn);
        } catch (NotFiniteException e) {
            return Collections.nCopies(ranges.size(), RolloutPart.NOT_FINITE); // all workers must see it
        }
        List<RolloutPart> parts = new ArrayList<>();
        int start = 0;
        for (Sequences.Range range : ranges) {
            int end = start + range.to() - range.from();
            parts.add(part(prompts.subList(start, end), answers.subList(start, end)));
            start = end;
        }
        return parts;
    }

    /** Pass after pass over all prompts, each pass in its own order. */
    private List<int[]> prompts(long iteration) {
        int wanted = settings.batches().episodes() / group;
        List<int[]> next = new ArrayList<>();
        long pass = -1;
        int[] order = {};
        for (long turn = iteration * wanted; next.size() < wanted * group; turn++) {
            if (turn / prompts.size() != pass) {
                pass = turn / prompts.size();
                order = SeededRandom.permutation(prompts.size(), SeededRandom.of(settings.seed(), "prompts", pass));
            }
            next.addAll(Collections.nCopies(group, prompts.get(order[(int) (turn % prompts.size())])));
        }
        return next;
    }

    private RolloutPart part(List<int[]> asked, List<AnswerSampler.Answer> answers) {
        List<int[]> rows = new ArrayList<>();
        for (int b = 0; b < asked.size(); b++) {
            rows.add(answers.get(b).after(asked.get(b)));
        }
        Sequences sequences = Sequences.answers(
                rows, asked.stream().map(prompt -> prompt.length).toList());
        double temperature = settings.sampling().temperature();
        float[][] logs = policy.logProbabilities(sequences, temperature);
        float[][] referenceLogs = inputs.sft().logProbabilities(sequences, temperature);
        float[][] expected = values.apply(sequences);
        double[] scores = inputs.judges().reward().scores(rows);
        List<Episode> episodes = new ArrayList<>();
        double gap = 0;
        for (int b = 0; b < rows.size(); b++) {
            int prompt = asked.get(b).length;
            int length = answers.get(b).tokens().length;
            boolean ended = answers.get(b).ended();
            Episode episode = new Episode(
                    rows.get(b),
                    prompt,
                    ended,
                    score(scores[b], ended) - lengthPenalty.of(length),
                    Minibatch.answerPart(logs[b], prompt, length),
                    Minibatch.answerPart(referenceLogs[b], prompt, length),
                    Minibatch.answerPart(expected[b], prompt, length));
            gap = Math.max(gap, gap(answers.get(b).logProbabilities(), episode.logs()));
            episodes.add(episode);
        }
        return new RolloutPart(episodes, gap);
    }

    /**
     * How far the sampler's log probabilities are from those that training starts from.
     *
     * @throws IllegalStateException if they are too far apart to be of the same policy
     */
    private double gap(float[] sampled, double[] scored) {
        double tolerance = settings.batches().samplingTolerance();
        double greatest = 0;
        for (int t = 0; t < scored.length; t++) {
            double gap = Math.abs(sampled[t] - scored[t]);
            if (gap > tolerance) {
                throw new IllegalStateException("token " + t + " of an answer was sampled with log probability "
                        + sampled[t] + " but training computes " + scored[t] + ", more than " + tolerance
                        + " apart: sampler and training do not compute the same policy");
            }
            greatest = Math.max(greatest, gap);
        }
        return greatest;
    }

    /** An answer that does not end is never better than an average one: the reward model has seen only ended ones. */
    private double score(double score, boolean ended) {
        double bound = settings.clipping().score();
        double clipped = Math.clamp(score, -bound, bound);
        return ended ? clipped : Math.min(clipped, 0) - settings.missingEndPenalty();
    }
}
