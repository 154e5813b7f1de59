package io.alignstream.local.lessons.history;

import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.lessons.run.LessonText;
import io.alignstream.local.site.LaunchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A text as rows of tokens, which all models get alike.
 *
 * @param tokenizer learned from the training text
 * @param training rows of {@value #LENGTH} tokens
 * @param validation rows of the same length
 * @param held the tokens of the validation text one after the other
 */
record TokenRows(Tokenizer tokenizer, List<int[]> training, List<int[]> validation, int[] held) {

    /** Tokens in a row: each but the first is predicted from those before it. */
    static final int LENGTH = 129;

    private static final int VOCABULARY = 1_024;
    private static final int MOST_VALIDATION = 150;

    TokenRows {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
    }

    static TokenRows of(LessonText text) {
        Tokenizer tokenizer = new BpeTrainer(VOCABULARY).train(text.training().stream());
        int[] held = tokens(tokenizer, text.validation());
        List<int[]> validation = rows(held);
        if (validation.isEmpty()) {
            throw new LaunchException("The held-out text has " + held.length + " tokens, fewer than one row of "
                    + LENGTH + "; give --text a longer one.");
        }
        return new TokenRows(
                tokenizer,
                rows(tokens(tokenizer, text.training())),
                validation.subList(0, Math.min(MOST_VALIDATION, validation.size())),
                held);
    }

    private static int[] tokens(Tokenizer tokenizer, List<String> texts) {
        return texts.stream()
                .flatMapToInt(text -> IntStream.concat(
                        Arrays.stream(tokenizer.encode(text)), IntStream.of(tokenizer.endOfDocument())))
                .toArray();
    }

    private static List<int[]> rows(int... tokens) {
        List<int[]> rows = new ArrayList<>();
        for (int from = 0; from + LENGTH <= tokens.length; from += LENGTH) {
            rows.add(Arrays.copyOfRange(tokens, from, from + LENGTH));
        }
        return rows;
    }

    /** Bytes of the tokens that are predicted in the validation rows. */
    long validationBytes() {
        return validation.stream()
                .flatMapToInt(row -> Arrays.stream(row).skip(1))
                .mapToLong(tokenizer::byteLength)
                .sum();
    }

    /** Rows in batches of {@code size}, {@code steps} of them: each row once an epoch, in an order of its own. */
    static List<List<int[]>> batches(List<int[]> rows, int steps, int size, long seed) {
        List<List<int[]>> batches = new ArrayList<>();
        int[] order = {};
        int next = 0;
        for (int step = 0; step < steps; step++) {
            List<int[]> batch = new ArrayList<>();
            while (batch.size() < size) {
                if (next == order.length) {
                    order = SeededRandom.permutation(rows.size(), SeededRandom.of(seed, "rows", step));
                    next = 0;
                }
                batch.add(rows.get(order[next++]));
            }
            batches.add(batch);
        }
        return batches;
    }

    /** {@code count} places in the held-out text with at least {@code context} tokens before them. */
    int[] places(int count, int context, long seed) {
        SplittableRandom random = SeededRandom.of(seed, "places", 0);
        return IntStream.range(0, count)
                .map(i -> random.nextInt(context, held.length))
                .toArray();
    }
}
