package io.alignstream.pretrain.distil;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Answers that a teacher writes to prompts, to be learned by its student (sequence-level distillation, Kim and Rush, arXiv
 * 1606.07947): sampled at temperature 1, so they come as often as the teacher finds them probable. A function of teacher,
 * prompts and seed.
 *
 * @param tokens of the longest answer
 * @param end token that ends one
 */
record TeacherAnswers(int tokens, int end, long seed) {

    private static final int BATCH = 32;

    /**
     * The prompts, each with its answer, in their order.
     *
     * @param written hears how many are written so far
     */
    List<Conversation> to(List<int[]> prompts, Path teacher, IntConsumer written) throws IOException {
        List<Conversation> rows = new ArrayList<>();
        if (prompts.isEmpty()) {
            return rows;
        }
        AnswerSampler sampler = new AnswerSampler(1, tokens, end);
        try (PreparedWeights weights = PreparedWeights.load(teacher, WeightFormat.FLOAT32)) {
            for (int from = 0; from < prompts.size(); from += BATCH) {
                List<int[]> asked = prompts.subList(from, Math.min(prompts.size(), from + BATCH));
                List<AnswerSampler.Answer> answers =
                        sampler.sample(weights, asked, SeededRandom.of(seed, "answers", from));
                for (int i = 0; i < asked.size(); i++) {
                    int[] row = answers.get(i).after(asked.get(i));
                    boolean[] learned = new boolean[row.length];
                    Arrays.fill(learned, asked.get(i).length, row.length, true);
                    rows.add(new Conversation(row, learned));
                }
                written.accept(rows.size());
            }
        }
        return rows;
    }
}
