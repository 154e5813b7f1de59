package io.alignstream.reward;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.dataset.RankedAnswers;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Answers that the SFT model samples at temperature 1: a reward model's scores are normalised on them. */
final class ReferenceAnswers {

    private static final int BATCH = 32;

    private final RewardSettings settings;
    private final Transformer sft;
    private final Tokenizer tokenizer;
    private final List<int[]> prompts;

    /** Answers to the prompts of {@code requests}; those that leave no room for an answer are left out. */
    ReferenceAnswers(RewardSettings settings, Transformer sft, Tokenizer tokenizer, List<RankedAnswers> requests) {
        this.settings = settings;
        this.sft = sft;
        this.tokenizer = tokenizer;
        int longest = sft.config().maxPositions() - settings.referenceAnswers().maxTokens();
        SequencedMap<IntBuffer, int[]> distinct = new LinkedHashMap<>();
        requests.stream()
                .map(RankedAnswers::prompt)
                .filter(prompt -> prompt.length <= longest)
                .forEach(prompt -> distinct.putIfAbsent(IntBuffer.wrap(prompt), prompt));
        this.prompts = List.copyOf(distinct.values());
    }

    /** Prompts with their answers; none if no prompt leaves room for an answer. */
    List<int[]> rows() {
        AnswerSampler sampler = new AnswerSampler(1, settings.referenceAnswers().maxTokens(), tokenizer.endOfTurn());
        List<int[]> rows = new ArrayList<>();
        for (int round = 0; rows.size() < settings.referenceAnswers().count() && !prompts.isEmpty(); round++) {
            rows.addAll(answered(sampler, round));
        }
        return rows;
    }

    private List<int[]> answered(AnswerSampler sampler, int round) {
        int wanted = Math.min(prompts.size(), BATCH);
        List<int[]> batch = Arrays.stream(
                        SeededRandom.permutation(
                                prompts.size(), SeededRandom.of(settings.seed(), "reference prompts", round)),
                        0,
                        wanted)
                .mapToObj(prompts::get)
                .toList();
        List<AnswerSampler.Answer> answers =
                sampler.sample(sft, batch, SeededRandom.of(settings.seed(), "reference answers", round));
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            rows.add(answers.get(i).after(batch.get(i)));
        }
        return rows;
    }
}
