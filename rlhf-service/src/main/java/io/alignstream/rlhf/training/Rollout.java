package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Makes an iteration's episodes: the next prompts, one or several answers of the policy to each, their scores. A function
 * of the seed, the iteration and the networks; for one thread.
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
    }

    /** Samples the prompts of {@code iteration} and scores the answers. */
    List<Minibatch> of(long iteration, IterationFigures figures) {
        List<int[]> asked = prompts(iteration);
        List<AnswerSampler.Answer> answers =
                sampler.sample(policy, asked, SeededRandom.of(settings.seed(), "rollout", iteration));
        int size = settings.batches().minibatchEpisodes();
        List<Minibatch> batch = new ArrayList<>();
        for (int start = 0; start < asked.size(); start += size) {
            batch.add(minibatch(asked.subList(start, start + size), answers.subList(start, start + size), figures));
        }
        return batch;
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

    private Minibatch minibatch(List<int[]> asked, List<AnswerSampler.Answer> answers, IterationFigures figures) {
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
            figures.observeSampling(answers.get(b).logProbabilities(), episode.logs());
            episodes.add(episode);
        }
        return new Minibatch(sequences, episodes);
    }

    /** An answer that does not end is never better than an average one: the reward model has seen only ended ones. */
    private double score(double score, boolean ended) {
        double bound = settings.clipping().score();
        double clipped = Math.clamp(score, -bound, bound);
        return ended ? clipped : Math.min(clipped, 0) - settings.missingEndPenalty();
    }
}
